//! What stands in for the network in a build without the feature `remote`: a refusal, and no code that could do more.

use crossbeam_channel::Receiver;

use super::Network;
use super::address::Address;
use super::answer::Head;

/// What would be asked for.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "nobody asks")]
pub(super) struct Request {
    pub(super) address: Address,
    pub(super) from: u64,
    pub(super) validator: Option<String>,
}

/// What would come of it.
#[derive(Debug)]
#[expect(dead_code, reason = "nothing comes")]
pub(super) enum Piece {
    Via(Address),
    Head(Box<Head>),
    Bytes(Vec<u8>),
    End,
    Broken(String),
    Refused(String),
}

/// Refuses.
pub(super) fn start(_: Request, _: &Network) -> Receiver<Piece> {
    let (sender, pieces) = crossbeam_channel::bounded(1);
    let reason = "this slm was built without the network (the feature `remote`)";
    // There is room for it.
    let _ = sender.send(Piece::Refused(reason.to_owned()));
    pieces
}
