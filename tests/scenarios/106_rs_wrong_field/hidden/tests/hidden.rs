use pantry::{Jar, Shelf};

#[test]
fn empty_jars_weigh_nothing() {
    assert_eq!(Shelf { jars: vec![Jar::new("a", 0, 9), Jar::new("b", 4, 4)] }.stored(), 4);
}
