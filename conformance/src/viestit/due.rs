//! What happens by itself when its time has come: the printing house prints, Posti tells, unread messages are reminded of.
//! It is carried out at the next look at the state, with the time at which it was due; there are no timers.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::acts::later;
use super::message::{Channel, StoredMessage};
use super::notice::{Notice, NoticeKind};
use super::rules::{ServiceType, UnreadReminder};
use super::state::{Due, State};

/// The default reminder comes when a normal message has been unread for this long (fact sheet §1.6).
const REMINDER_DAYS: i64 = 7;

impl State {
    pub(super) fn plan(&mut self, at: Timestamp, due: Due) {
        self.planned += 1;
        self.due.push(Reverse((at, self.planned, due)));
    }

    /// Carries out what is due. What cannot be done any more (printed by hand meanwhile) is left.
    pub(super) fn catch_up(&mut self, now: Timestamp) {
        while self.due.peek().is_some_and(|Reverse((at, _, _))| *at <= now) {
            let Some(Reverse((at, _, due))) = self.due.pop() else {
                return;
            };
            let _ = match due {
                Due::Print(message_id) => self.print(message_id, at),
                Due::Posti(message_id) => self.posti_by_turn(message_id, at),
                Due::Reminder(message_id) => {
                    self.remind(message_id, at);
                    Ok(())
                }
            };
        }
    }

    /// What follows from a new message: the notice, the reminder, the printing house.
    pub(super) fn follow(&mut self, message: &StoredMessage, now: Timestamp) {
        match (message.channel, &message.electronic) {
            (Channel::Electronic, Some(part)) => {
                self.notify(NoticeKind::New, message, now);
                let reminded = part.notifications.reminder == UnreadReminder::Default;
                if reminded && part.service_type == ServiceType::Normal {
                    let at = later(now, SignedDuration::from_hours(24 * REMINDER_DAYS));
                    self.plan(at, Due::Reminder(message.message_id));
                }
            }
            _ => {
                if let Some(house) = &self.switches.printing {
                    let at = later(now, house.print_after);
                    self.plan(at, Due::Print(message.message_id));
                }
            }
        }
    }

    fn remind(&mut self, message_id: i64, at: Timestamp) {
        let unread = self.message(message_id).filter(|message| !message.read && message.deletion.is_none());
        if let Some(message) = unread.cloned() {
            self.notify(NoticeKind::Reminder, &message, at);
        }
    }

    fn notify(&mut self, kind: NoticeKind, message: &StoredMessage, at: Timestamp) {
        if let Some(notice) = Notice::about(kind, message, at) {
            // The line that stands for the e-mail: which message and whose, nothing of a person.
            tracing::info!(
                message_id = notice.message_id,
                service_id = message.service_id,
                kind = kind.word(),
                "viestit simulator: notice"
            );
            self.notices.push(notice);
        }
    }
}
