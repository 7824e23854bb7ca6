//! Silta's own fields of a record: what the operator says of it, whoever its master is. A push of the master does not
//! touch them, and they are never sent out.

use super::actor::ContentOwner;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnFields {
    /// In place of the one that the record names (yhteyshenkilo).
    pub owner: Option<ContentOwner>,
    /// In place of varahenkilo.
    pub deputy: Option<ContentOwner>,
    /// Nothing of the record is sent to PTV, which keeps what it has.
    pub held: bool,
}
