//! The closed word lists of the family.

use crate::common::words;

words! {
    /// Format of the text; Text when left out.
    pub enum BodyFormat {
        Text = "Text",
        Markdown = "Markdown",
    }
}

words! {
    /// Verifiable asks the recipient to confirm the receipt before opening; Normal when left out.
    pub enum MessageType {
        Normal = "Normal",
        Verifiable = "Verifiable",
    }
}

words! {
    /// RecipientOnly hides the message from guardians and those authorised; Normal when left out.
    pub enum Visibility {
        Normal = "Normal",
        RecipientOnly = "RecipientOnly",
    }
}

words! {
    /// How the message may go; electronic when left out.
    pub enum ChannelChoice {
        Electronic = "electronic",
        ElectronicOrPaper = "electronic-or-paper",
        Paper = "paper",
    }
}

words! {
    /// What the message is about.
    pub enum MessageClass {
        Decision = "decision",
        Bulletin = "bulletin",
        Request = "request",
        Invoice = "invoice",
        Other = "other",
    }
}

words! {
    /// How far a letter has come. parked: the outcome is unknown and a person looks into it. delivered and read are of the mailbox; a paper letter that is not verifiable ends at sent-to-print.
    pub enum SendState {
        Accepted = "accepted",
        Submitting = "submitting",
        Submitted = "submitted",
        Delivered = "delivered",
        Read = "read",
        Confirmed = "confirmed",
        Failed = "failed",
        Parked = "parked",
        Cancelled = "cancelled",
        SentToPrint = "sent-to-print",
        NotConfirmed = "not-confirmed-in-time",
        Returned = "returned",
        Unresolved = "unresolved",
    }
}

words! {
    /// cancelled: the letter will not be sent. too-late: it may have been sent already.
    pub enum CancelResult {
        Cancelled = "cancelled",
        TooLate = "too-late",
    }
}

words! {
    /// How the letter went.
    pub enum DeliveryChannel {
        Electronic = "electronic",
        Paper = "paper",
        Unknown = "unknown",
    }
}

words! {
    /// Who says so. message-log: a record of ours. answer: what Suomi.fi Messages answered to a call. event: what Suomi.fi Messages told afterwards.
    pub enum ReceiptSource {
        MessageLog = "message-log",
        Answer = "answer",
        Event = "event",
    }
}
