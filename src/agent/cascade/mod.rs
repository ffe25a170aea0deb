//! Which generator of candidates comes next, how sure that is, and what of it may leave the machine.
//!
//! Generators cost more the later they come: rules, small transformations, a model's opinion of these, a
//! local model that writes, a server that the user named. [`Router`] decides whose turn it is from what is
//! known and gives its reason; [`Calibration`] turns costs into chances; [`Redactor`] takes secrets and
//! names of the person out of what is sent. All of this is pure. `tasks/fix/escalate.rs` acts on it.

mod calibration;
mod draft;
mod redact;
mod router;

pub use calibration::{Calibration, CalibrationError, Curve, Fitted};
pub use draft::{Draft, Sent, Unusable};
pub use redact::{Redacted, Redaction, Redactor};
pub use router::{
    Decision, Escalation, Known, Presence, Present, Reason, Router, Settings, Stage, Turn,
};
