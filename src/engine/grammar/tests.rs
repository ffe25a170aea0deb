//! What is in a grammar's language, what is not, and what is no grammar.

use proptest::prelude::*;

use super::*;

fn grammar(text: &str) -> Grammar {
    Grammar::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn sentences() {
    let cases: [(&str, &[&str], &[&str]); 9] = [
        (r#"root ::= "yes" | "no""#, &["yes", "no"], &["", "ye", "yesno"]),
        ("root ::= [a-c]+ [^x\\n]", &["ab", "cccz"], &["a", "x", "ax", "a\n"]),
        (r#"root ::= "a"{2,3} "b"?"#, &["aa", "aaab"], &["a", "aaaa", "abb"]),
        (r#"root ::= "a"{2} ("b" | "c"){2,}"#, &["aabc", "aabbb"], &["aab", "abb"]),
        (
            "root ::= item (\",\" item)*\n# two lines\nitem ::= [0-9]+ |\n  \"x\"",
            &["1", "12,x,3"],
            &["1,", ",1"],
        ),
        (r#"root ::= "(" root ")" | "" "#, &["", "(())"], &["(", "())"]),
        (r#"root ::= "\x41\u00e9\U0001F600\"\\""#, &["A\u{e9}\u{1F600}\"\\"], &["A"]),
        ("root ::= . .", &["ab", "é€"], &["a", "abc"]),
        (r"root ::= [\]a-]*", &["]-a", ""], &["b"]),
    ];
    for (text, good, bad) in cases {
        let grammar = grammar(text);
        for sentence in good {
            assert!(grammar.matches(sentence), "{sentence:?} is in {text}");
        }
        for sentence in bad {
            assert!(!grammar.matches(sentence), "{sentence:?} is not in {text}");
        }
    }
}

#[test]
fn a_token_may_end_inside_a_character() {
    let grammar = grammar("root ::= [é-ü] [^€]");
    let mut matcher = Matcher::new(&grammar);
    assert!(matcher.allows(&[0xc3]));
    // 0xc2 begins U+0080 to U+00BF, none of which is in the class.
    assert!(!matcher.allows(&[0xc2]));
    assert!(matcher.accept(&[0xc3]) && !matcher.may_end());
    // 0x9f would be U+00DF, below the class.
    assert!(!matcher.accept(&[0x9f]));
    assert!(matcher.accept(&[0xa9, 0xe2, 0x82]));
    assert!(!matcher.allows(&[0xac]) && matcher.allows(&[0xad]));
    assert!(matcher.accept(&[0xad]) && matcher.must_end());
    assert!(!matcher.allows(b"x"));
}

#[test]
fn bytes_that_are_no_text_never_match() {
    let grammar = grammar("root ::= .*");
    for bad in [&[0x80_u8][..], &[0xc0, 0x80], &[0xed, 0xa0], &[0xf4, 0x90], &[0xff], &[0xe2, 0x41]]
    {
        assert!(!Matcher::new(&grammar).allows(bad), "{bad:x?}");
    }
    assert!(Matcher::new(&grammar).allows(&[0xf0, 0x9f]));
}

#[test]
fn end_is_known() {
    let grammar = grammar(r#"root ::= "a" "b"*"#);
    let mut matcher = Matcher::new(&grammar);
    assert!(!matcher.may_end());
    assert!(matcher.accept(b"a") && matcher.may_end() && !matcher.must_end());
}

#[test]
fn what_is_no_grammar_says_where() {
    let cases = [
        ("", 0, "root"),
        ("start ::= \"a\"", 0, "root"),
        ("root ::= \"a", 1, "not closed"),
        ("root ::= [a", 1, "not closed"),
        ("root ::= [a-", 1, "not closed"),
        ("root ::= \"a\"\nroot ::= \"b\"", 2, "twice"),
        ("root ::= missing", 1, "missing is not defined"),
        ("root ::= *", 1, "nothing to repeat"),
        ("root ::= \"a\"{3,2}", 1, "upper bound"),
        ("root ::= \"a\"{99999}", 1, "number"),
        ("root ::= (\"a\"", 1, "expected )"),
        ("root ::= \"\\q\"", 1, "escape"),
        ("root ::= \"\\ud800\"", 1, "hexadecimal"),
        ("root = \"a\"", 1, "::="),
        ("root ::= <|im_end|>", 1, "token references"),
        ("root ::= root \"a\" | \"b\"", 1, "left-recursive"),
        ("root ::= a\na ::= \"\" b\nb ::= \"x\"? a", 1, "left-recursive"),
        ("root ::= (\"a\"*)*", 1, "left-recursive"),
        ("root ::= [z-a]", 1, "backwards"),
        ("root ::= \"a\" )", 1, "unexpected"),
    ];
    for (text, line, reason) in cases {
        let error = Grammar::parse(text).expect_err(text);
        assert!(error.reason.contains(reason), "{text}: {error}");
        assert_eq!(error.line, line, "{text}: {error}");
    }
}

#[test]
fn hostile_sizes_are_refused_or_survived() {
    let deep = format!("root ::= {}\"a\"{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(Grammar::parse(&deep).unwrap_err().reason.contains("nested"));
    assert!(Grammar::parse("root ::= \"thirty letters in one literal\"{9000}").is_err());
    // Repeated groups are shared, so this is small; it must only not hang.
    let nested = grammar("root ::= ((((\"a\"{9000}){9000}){9000}){9000})");
    assert!(!nested.matches("aaa"));
    assert!(Grammar::parse(&"x".repeat(MAX_TEXT + 1)).is_err());
    // A long chain of rules: neither the search for left recursion nor matching recurses.
    let mut chain = String::from("root ::= r0\n");
    for i in 0..5000 {
        chain.push_str(&format!("r{i} ::= r{}\n", i + 1));
    }
    chain.push_str("r5000 ::= \"x\"\n");
    assert!(grammar(&chain).matches("x"));
    // Ambiguity without end.
    let ambiguous = grammar("root ::= a a a a a a a a\na ::= \"x\"*");
    assert!(ambiguous.matches(&"x".repeat(200)));
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "[a-c:=\"\\[\\](){}|*+?,0-9 \\n\\\\^.-]{0,60}") {
        if let Ok(grammar) = Grammar::parse(&format!("root ::= {text}")) {
            let mut matcher = Matcher::new(&grammar);
            let _ = matcher.accept(b"abc");
        }
    }

    #[test]
    fn chunks_do_not_matter(text in "[a-zé€😀,]{0,24}", cut in 0usize..80) {
        let grammar = grammar("root ::= ([a-z] | [é-€]+ | \"😀\") (\",\" root)?");
        let bytes = text.as_bytes();
        let cut = cut.min(bytes.len());
        let mut matcher = Matcher::new(&grammar);
        let whole = grammar.matches(&text);
        let split = matcher.accept(&bytes[..cut]) && matcher.accept(&bytes[cut..]) && matcher.may_end();
        prop_assert_eq!(whole, split);
    }

    #[test]
    fn agrees_with_a_regular_expression(text in "[ab,x]{0,12}") {
        let grammar = grammar(r#"root ::= ("a" "b"? | "x"{1,2}) ("," ("a" "b"? | "x"{1,2}))*"#);
        let oracle = regex::Regex::new("^(ab?|x{1,2})(,(ab?|x{1,2}))*$").unwrap();
        prop_assert_eq!(grammar.matches(&text), oracle.is_match(&text));
    }
}
