//! The words of the domain as values: PAT entities, letters, parties, evidence. No IO, no wire format.

pub mod actor;
pub mod blocks;
pub mod channel;
pub mod class_map;
pub mod collection;
pub mod digested;
pub mod entity;
pub mod errand;
pub mod evidence;
pub mod finding;
pub mod letter;
pub mod limits;
pub mod organisation;
pub mod own;
pub mod place;
pub mod projection;
pub mod service;
pub mod text;
pub mod view;

pub use actor::Actor;
pub use channel::{Channel, ChannelDetail};
pub use collection::Collection;
pub use entity::{Code, Content, Entity, EntityKey, Kind, Master, State, Stored};
pub use errand::Errand;
pub use finding::{Finding, Level};
pub use organisation::Organisation;
pub use own::OwnFields;
pub use place::ServicePoint;
pub use service::{Class, Offer, Service};
pub use text::{Lang, Localised};
pub use view::View;
