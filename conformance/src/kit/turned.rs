//! The acts of one case: what it has turned on, and how that is put back when the case has ended, however it ended.
//!
//! An act runs in a task of its own: a case that is dropped at its time limit leaves no act half done, and the act is
//! waited for before anything is put back. What an act does is the adapter's matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::acts::{ACT_LIMIT, ActError, Acts};

/// See the module.
pub(super) struct Turned {
    acts: Arc<dyn Acts>,
    /// Acts that are on, with the parameters that put them back.
    on: BTreeMap<String, Value>,
    /// An act whose end nobody has seen yet.
    under_way: Option<JoinHandle<Result<Value, ActError>>>,
}

/// What was put back: the act, its parameters, and what came of it.
pub(super) type PutBack = (String, Value, Result<Value, ActError>);

impl Turned {
    pub(super) fn new(acts: Arc<dyn Acts>) -> Self {
        Self { acts, on: BTreeMap::new(), under_way: None }
    }

    /// Carries out an act and remembers what has to be put back.
    pub(super) async fn carry_out(&mut self, act: &str, parameters: Value) -> Result<Value, ActError> {
        let back = back(act, &parameters);
        let before = self.on.get(act).cloned();
        // Before it begins: an act that fails halfway may have turned something on.
        if let Some(back) = back.clone() {
            self.on.insert(act.to_owned(), back);
        }
        let done = self.run(act, parameters.clone()).await;
        let is_back = before.as_ref() == Some(&parameters);
        match &done {
            Ok(_) if is_back => drop(self.on.remove(act)),
            // What the adapter does not offer has changed nothing.
            Err(ActError::Missing(_)) => match before {
                Some(before) => drop(self.on.insert(act.to_owned(), before)),
                None => drop(self.on.remove(act)),
            },
            _ => {}
        }
        done
    }

    async fn run(&mut self, act: &str, parameters: Value) -> Result<Value, ActError> {
        let (acts, name) = (Arc::clone(&self.acts), act.to_owned());
        let task = self.under_way.insert(tokio::spawn(async move { acts.act(&name, parameters).await }));
        let done = task.await;
        self.under_way = None;
        done.unwrap_or_else(|error| Err(ActError::Failed(format!("the act {act} broke off: {error}"))))
    }

    /// Waits for the act under way, if there is one, and turns off what is still on.
    pub(super) async fn put_back(&mut self) -> Vec<PutBack> {
        if let Some(task) = self.under_way.take() {
            let _ = timeout(ACT_LIMIT, task).await;
        }
        let mut all = Vec::new();
        for (act, parameters) in std::mem::take(&mut self.on) {
            let late = || Err(ActError::Failed(format!("not done within {} s", ACT_LIMIT.as_secs())));
            let done = timeout(ACT_LIMIT, self.run(&act, parameters.clone())).await.unwrap_or_else(|_| late());
            all.push((act, parameters, done));
        }
        all
    }
}

/// The parameters that put an act back that changes something for longer.
fn back(act: &str, parameters: &Value) -> Option<Value> {
    if parameters.get("on").and_then(Value::as_bool) == Some(true) {
        return Some(json!({ "on": false }));
    }
    let empty = parameters.as_object().is_none_or(serde_json::Map::is_empty);
    (act == "reload" && !empty).then(|| json!({}))
}
