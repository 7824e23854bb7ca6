//! The tree of organisations out of v12's flat list of edges (ptv-v12.md §4.1).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A tree, or what there is of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Child → parent.
    pub parents: BTreeMap<String, String>,
    /// Nodes that stand on a cycle.
    pub cyclic: BTreeSet<String>,
}

impl Tree {
    /// Edges in any order. No root is assumed.
    pub fn of(answer: &Value) -> Tree {
        let edges = answer.get("edges").and_then(Value::as_array).into_iter().flatten();
        let parents: BTreeMap<String, String> = edges
            .filter_map(|edge| {
                let of = |member: &str| edge.get(member).and_then(Value::as_str).map(str::to_lowercase);
                Some((of("childContentId")?, of("parentContentId")?))
            })
            .collect();
        let mut cyclic = BTreeSet::new();
        for start in parents.keys() {
            let mut seen = BTreeSet::new();
            let mut at = start;
            while seen.insert(at) {
                let Some(above) = parents.get(at) else { break };
                if above == start {
                    cyclic.insert(start.clone());
                    break;
                }
                at = above;
            }
        }
        Tree { parents, cyclic }
    }

    /// Is the organisation the root itself or somewhere below it? One without an edge stands alone.
    pub fn holds(&self, root: &str, organisation: &str) -> bool {
        let root = root.to_lowercase();
        let mut at = organisation.to_lowercase();
        let mut seen = BTreeSet::new();
        while at != root {
            match self.parents.get(&at) {
                Some(above) if seen.insert(at.clone()) => at = above.clone(),
                _ => return false,
            }
        }
        true
    }
}
