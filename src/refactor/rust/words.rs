//! Words of the language and of its standard library.

/// Words that cannot name anything.
pub(super) fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 52] = [
        "as", "break", "const", "continue", "crate", "else", "enum", "extern", "false", "fn",
        "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
        "return", "self", "Self", "static", "struct", "super", "trait", "true", "type", "unsafe",
        "use", "where", "while", "async", "await", "dyn", "abstract", "become", "box", "do",
        "final", "macro", "override", "priv", "typeof", "unsized", "virtual", "yield", "try",
        "gen",
    ];
    WORDS.contains(&word)
}

/// Methods that types of std have: a receiver of unknown type may be one of theirs.
pub(super) fn is_std_method(name: &str) -> bool {
    const LIST: &str = " abs add add_assign all and and_then any append args as_bytes as_deref \
        as_deref_mut as_mut as_mut_ptr as_mut_slice as_os_str as_path as_ptr as_ref as_slice as_str \
        binary_search binary_search_by binary_search_by_key bitand bitor bitxor borrow borrow_mut \
        bytes call canonicalize capacity ceil chain char_indices chars checked_add checked_div \
        checked_mul checked_sub chunks chunks_exact clamp clear clone clone_from cloned close cmp \
        collect components concat connect contains contains_key copied copy_from_slice cos count \
        count_ones count_zeros create current_dir cycle dedup dedup_by dedup_by_key default deref \
        deref_mut describe difference display div downcast downcast_ref drain drop elapsed ends_with \
        entries entry enumerate env eq eq_ignore_ascii_case err error escape_debug exists exit exp \
        expect expect_err extend extend_from_slice extension fetch_add fetch_sub file_name file_stem \
        file_type fill filter filter_map find find_map finish finish_non_exhaustive first first_mut \
        flat_map flatten floor flush fmt fold for_each from from_str fuse ge get get_mut get_or_insert \
        get_or_insert_with gt has_root hash id index index_mut insert insert_str inspect intersection \
        into into_boxed_slice into_bytes into_inner into_iter into_keys into_string into_values \
        is_absolute is_alphabetic is_alphanumeric is_ascii is_char_boundary is_digit is_dir is_empty \
        is_err is_file is_finite is_lowercase is_nan is_negative is_none is_numeric is_ok is_positive \
        is_relative is_some is_some_and is_symlink is_uppercase is_whitespace iter iter_mut join keys \
        kill kind last last_mut le leading_zeros len lines ln load lock log10 log2 lt make_ascii_lowercase \
        make_ascii_uppercase map map_err map_or map_or_else map_while matches match_indices max max_by \
        max_by_key message metadata min min_by min_by_key mul name ne neg next next_back not notify_all \
        notify_one nth offset ok ok_or ok_or_else open or or_default or_else or_insert or_insert_with \
        output parent parse partial_cmp partition path peek peekable permissions pop pop_back pop_front \
        pos position pow powf powi product push push_back push_front push_str range read read_dir \
        read_exact read_line read_to_end read_to_string record recv rem remove rename repeat replace \
        replace_range replacen reserve resize retain rev rfind rotate_left rotate_right round rposition \
        rsplit rsplit_once rsplitn run saturating_add saturating_mul saturating_sub scan seek send \
        set set_extension set_file_name shl shr shrink_to_fit sin size_hint skip skip_while sort sort_by \
        sort_by_key sort_unstable sort_unstable_by sort_unstable_by_key source spawn splice split \
        split_at split_at_mut split_first split_last split_off split_once split_whitespace \
        splitn sqrt start starts_with status step_by store strip_prefix strip_suffix sub sum swap \
        swap_remove symmetric_difference take take_while tan then then_some timestamp to_ascii_lowercase \
        to_ascii_uppercase to_le_bytes to_be_bytes to_lowercase to_owned to_path_buf to_str \
        to_string to_string_lossy to_uppercase to_vec trailing_zeros trim trim_end trim_end_matches \
        trim_matches trim_start trim_start_matches truncate try_from try_into try_lock try_recv \
        type_id union unwrap unwrap_err unwrap_or unwrap_or_default unwrap_or_else unzip update \
        values values_mut visit wait wait_timeout wake windows with with_capacity with_extension \
        with_file_name wrapping_add wrapping_mul wrapping_sub write write_all write_char write_fmt \
        write_str zip arg poll width height is_some_or is_none_or is_ok_and as_any trunc signum \
        upgrade downgrade strong_count duration_since as_secs as_millis as_micros as_nanos num_days ";
    LIST.contains(&format!(" {name} "))
}

/// Derives that see no names of fields or variants, or only show them in `{:?}`.
pub(super) fn is_plain_derive(name: &str) -> bool {
    matches!(
        name.rsplit("::").next().unwrap_or(name).trim(),
        "Debug"
            | "Clone"
            | "Copy"
            | "PartialEq"
            | "Eq"
            | "PartialOrd"
            | "Ord"
            | "Hash"
            | "Default"
            | "Error"
            | "Zeroize"
            | "ZeroizeOnDrop"
            | "Arbitrary"
            | "Pod"
            | "Zeroable"
            | "EnumIter"
            | "FromPrimitive"
            | "ToPrimitive"
            | "Diagnostic"
    )
}

/// Methods that a derive or a trait of std gives nearly every type.
pub(super) fn is_trait_method(name: &str) -> bool {
    matches!(
        name,
        "clone"
            | "clone_from"
            | "eq"
            | "ne"
            | "cmp"
            | "partial_cmp"
            | "hash"
            | "fmt"
            | "default"
            | "drop"
            | "deref"
            | "deref_mut"
            | "borrow"
            | "borrow_mut"
            | "to_owned"
            | "to_string"
            | "into"
            | "try_into"
            | "from"
            | "try_from"
            | "next"
            | "into_iter"
            | "as_ref"
            | "as_mut"
            | "type_id"
            | "lt"
            | "le"
            | "gt"
            | "ge"
            | "max"
            | "min"
            | "clamp"
            | "index"
            | "index_mut"
            | "add"
            | "sub"
            | "mul"
            | "div"
            | "rem"
            | "neg"
            | "not"
            | "write"
            | "read"
            | "flush"
    )
}
