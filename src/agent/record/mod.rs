//! What slm keeps of its own work, for `slm stats`: how long it took, how it ended, what a model wrote.
//!
//! Nothing of what the work was about is kept. An [`Event`] is made of words from closed lists, numbers, the
//! model's name, and codes that stand in slm's own source: there is no field that a text of a repository, a path, a
//! command or a message could be put into. Nothing is sent anywhere either: [`Log`] appends to files on this
//! machine, and everything else here is pure.
//!
//! ```text
//! Measured (around an Engine) --+
//! a command that ends ----------+--> Event --> Log --> Summary --> table, JSON
//! a routing decision -----------+                         +------> Shared (for others, after `anonymous`)
//! ```

mod anonymous;
mod day;
mod event;
mod log;
mod measured;
mod numbers;
mod summary;
mod table;
mod word;

pub use anonymous::{FEW, SCHEMA, Shared, anonymous};
pub use event::{Entry, Event, Generation, ModelTag, Peak, Route, Run, Stages};
pub use log::{Limits, Log, LogRead};
pub use measured::{Call, Measured};
pub use numbers::{Percentiles, Rate, Share};
pub use summary::{Filter, ModelSummary, RouteSummary, Summary, TaskSummary, summarise};
pub use table::table;
pub use word::{Code, Ending, Lang, ModelName, Status, Tag, Task, Tier};
