//! Who may do what: default deny, reads included (design §2).

use crate::config::Operations;
use crate::operations::registry::{self, Operation, Shape};

/// Whom a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhoMay {
    /// Every client of the X-Road instance: the one explicit way to open reads to everybody.
    Everybody,
    /// An X-Road client identifier in its REST form, compared exactly.
    Client(String),
}

/// One rule of the configuration (`[[tenants.access]]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRule {
    pub client: WhoMay,
    /// What it may call; a rule that names nothing allows nothing.
    pub operations: Operations,
    /// Only with a token whose subject is the represented party. Without tokens such a rule allows nothing.
    pub represented: bool,
}

/// Does any rule allow it? A represented party without a token is an unproven claim and opens nothing.
///
/// Who has a mailbox is asked for a letter to be sent, and so only by whom may send one.
pub(super) fn allows(rules: &[AccessRule], client: &str, operation: &Operation) -> bool {
    if operation.shape == Shape::Mailboxes {
        let sending = registry::by_shape(operation.family, Shape::Send);
        return allowed(rules, client, operation) && sending.is_some_and(|sending| allowed(rules, client, sending));
    }
    allowed(rules, client, operation)
}

fn allowed(rules: &[AccessRule], client: &str, operation: &Operation) -> bool {
    rules.iter().any(|rule| {
        let who = match &rule.client {
            WhoMay::Everybody => true,
            WhoMay::Client(known) => known == client,
        };
        let what = rule.operations.allows(operation.name);
        who && what && !rule.represented
    })
}

#[cfg(test)]
mod tests {
    use super::{AccessRule, Operations, WhoMay, allows};
    use crate::operations::registry::{Family, find};

    #[test]
    fn nothing_is_allowed_that_no_rule_names() {
        let operation = find(Family::Catalogue, "getService").expect("there");
        let rule = |client: WhoMay, operations: Operations, represented| AccessRule { client, operations, represented };
        let only = |names: &[&str]| Operations::Only(names.iter().map(|&name| name.to_owned()).collect());
        let client = || WhoMay::Client("FI-TEST/GOV/9999906-0/asiointi".into());
        for (rules, expected) in [
            (vec![], false),
            (vec![rule(client(), Operations::all(), false)], true),
            (vec![rule(client(), only(&[]), false)], false),
            (vec![rule(client(), Operations::None, false)], false),
            (vec![rule(client(), only(&["getService"]), false)], true),
            (vec![rule(client(), only(&["sendMessage"]), false)], false),
            (vec![rule(client(), Operations::all(), true)], false),
            (vec![rule(WhoMay::Client("FI-TEST/GOV/9999906-0".into()), Operations::all(), false)], false),
            (vec![rule(WhoMay::Everybody, only(&["getService"]), false)], true),
        ] {
            assert_eq!(allows(&rules, "FI-TEST/GOV/9999906-0/asiointi", operation), expected, "{rules:?}");
        }
    }

    #[test]
    fn who_has_a_mailbox_is_asked_only_by_whom_may_send() {
        let operation = find(Family::Messages, "checkMailboxes").expect("there");
        let only = |names: &[&str]| Operations::Only(names.iter().map(|&name| name.to_owned()).collect());
        for (operations, expected) in [
            (only(&["checkMailboxes"]), false),
            (only(&["sendMessage"]), false),
            (only(&["checkMailboxes", "sendMessage"]), true),
            (Operations::all(), true),
        ] {
            let rule = AccessRule { client: WhoMay::Everybody, operations, represented: false };
            assert_eq!(allows(&[rule], "FI-TEST/GOV/9999906-0/asiointi", operation), expected);
        }
    }
}
