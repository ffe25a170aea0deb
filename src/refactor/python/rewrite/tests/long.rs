//! Long functions, split.

use super::{Memory, Refactoring, after};
use crate::refactor::Rewrite::SplitFunction;

/// A function of two blocks and more than forty lines.
fn long(block: &str) -> String {
    let filler: String = (0..36).map(|n| format!("    print({n})\n")).collect();
    format!(
        "def «»f(xs, limit):\n{filler}\n{block}\n    return xs\n\n\ndef g():\n    return f([], 1)\n"
    )
}

#[test]
fn the_best_block_becomes_a_function() {
    let block = "    # Sum up the large ones\n    total = 0\n    for x in xs:\n        if x > limit:\n            total += x\n            print(x)\n    print(total)\n";
    let answer = after(SplitFunction, &long(block));
    assert!(answer.contains("def _sum_up_large_ones("), "{answer}");
    assert!(answer.contains("    _sum_up_large_ones("), "{answer}");
    assert_eq!(answer.matches("total += x").count(), 1, "{answer}");
}

#[test]
fn short_functions_and_those_without_a_block_are_refused() {
    let short = after(SplitFunction, "def «»f():\n    return 1\n");
    assert!(short.starts_with("not-here: `f` has no more than 40 lines"), "{short}");
    let lines: String =
        (0..60).map(|n| format!("    if xs == {n}:\n        return {n}\n")).collect();
    let none = Memory::new(&[("a.py", &format!("def «»f(xs):\n{lines}"))]);
    let answer = none.after(Refactoring::Rewrite(SplitFunction));
    assert!(answer.starts_with("control-flow: `f` has no block"), "{answer}");
}

#[test]
fn a_name_that_is_only_declared_is_not_handed_over() {
    let block = "    # Find the first large one\n    if xs:\n        found = xs[0]\n    else:\n        found = limit\n    print(found)\n";
    let text = long(block).replace("    print(0)\n", "    found: int\n");
    assert!(!after(SplitFunction, &text).contains("_find_first_large_one"));
    assert!(after(SplitFunction, &long(block)).contains("def _find_first_large_one"));
}
