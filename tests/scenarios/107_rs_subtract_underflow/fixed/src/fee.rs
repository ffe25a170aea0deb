/// Minutes that cost nothing.
const FREE: u32 = 15;

/// One euro for each begun half hour after the free minutes.
pub fn cents(minutes: u32) -> u32 {
    let charged = minutes.saturating_sub(FREE);
    charged.div_ceil(30) * 100
}
