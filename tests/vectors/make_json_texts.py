#!/usr/bin/env python3
"""Writes json-texts.json: JSON texts with what their form is by RFC 8259 (valid, invalid, undecided) and what we do with them.

The forms are those of the public suite nst/JSONTestSuite (Nicolas Seriot, MIT licence), written anew after its case names, and some
of our own behind them. "ours" is "accept" or the flaw that parse_strict names. A valid text that is refused, and every undecided
one, carries the reason.
"""
import json
import pathlib

INTEGERS = "numbers are integers up to 2^53 without point or exponent (RFC 7493 section 2.2): a reader may not round"
NEGATIVE_ZERO = "a negative zero is a value of floating point only; as an integer it would read back as another text"
DOUBLED = "which of the two counts is left open by RFC 8259 section 4: readers differ, so it is refused (RFC 7493 section 2.3)"
LONE = "half of a pair is no character (RFC 7493 section 2.1); it could not be written back in UTF-8"
UTF8 = "JSON between systems is UTF-8 (RFC 8259 section 8.1); guessing an encoding could change a name"
MARK = "no byte order mark may be sent (RFC 8259 section 8.1); taking one would make two texts of one document"
DEEP = "nesting is bounded at 32 levels (RFC 8259 section 9); no body needs more than four"

VALID = [
    ("array_arraysWithSpaces", b"[[]   ]"), ("array_empty-string", b'[""]'), ("array_empty", b"[]"),
    ("array_ending_with_newline", b'["a"]\n'), ("array_false", b"[false]"), ("array_heterogeneous", b'[null, 1, "1", {}]'),
    ("array_null", b"[null]"), ("array_with_1_and_newline", b"[1\n]"), ("array_with_leading_space", b" [1]"),
    ("array_with_several_null", b"[1,null,null,null,2]"), ("array_with_trailing_space", b"[2] "),
    ("number", b"[123e65]", "number", INTEGERS), ("number_0e+1", b"[0e+1]", "number", INTEGERS),
    ("number_0e1", b"[0e1]", "number", INTEGERS), ("number_after_space", b"[ 4]"),
    ("number_double_close_to_zero", b"[-0." + b"0" * 77 + b"1]", "number", INTEGERS),
    ("number_int_with_exp", b"[20e1]", "number", INTEGERS), ("number_minus_zero", b"[ -0]", "number", NEGATIVE_ZERO),
    ("number_negative_int", b"[-123]"), ("number_negative_one", b"[-1]"), ("number_negative_zero", b"[-0]", "number", NEGATIVE_ZERO),
    ("number_real_capital_e", b"[1E22]", "number", INTEGERS), ("number_real_capital_e_neg_exp", b"[1E-2]", "number", INTEGERS),
    ("number_real_capital_e_pos_exp", b"[1E+2]", "number", INTEGERS), ("number_real_exponent", b"[123e45]", "number", INTEGERS),
    ("number_real_fraction_exponent", b"[123.456e78]", "number", INTEGERS), ("number_real_neg_exp", b"[1e-2]", "number", INTEGERS),
    ("number_real_pos_exponent", b"[1e+2]", "number", INTEGERS), ("number_simple_int", b"[123]"),
    ("number_simple_real", b"[123.456789]", "number", INTEGERS),
    ("object", b'{"asd":"sdf", "dfg":"fgh"}'), ("object_basic", b'{"asd":"sdf"}'),
    ("object_duplicated_key", b'{"a":"b","a":"c"}', "doubled-name", DOUBLED),
    ("object_duplicated_key_and_value", b'{"a":"b","a":"b"}', "doubled-name", DOUBLED),
    ("object_empty", b"{}"), ("object_empty_key", b'{"":0}'), ("object_escaped_null_in_key", b'{"foo\\u0000bar": 42}'),
    ("object_extreme_numbers", b'{ "min": -1.0e+28, "max": 1.0e+28 }', "number", INTEGERS),
    ("object_long_strings", b'{"x":[{"id": "' + b"x" * 40 + b'"}], "id": "' + b"x" * 40 + b'"}'),
    ("object_simple", b'{"a":[]}'),
    ("object_string_unicode", b'{"title":"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430 \\u0417\\u0435\\u043c\\u043b\\u0435" }'),
    ("object_with_newlines", b'{\n"a": "b"\n}'),
    ("string_1_2_3_bytes_UTF-8_sequences", b'["\\u0060\\u012a\\u12AB"]'), ("string_accepted_surrogate_pair", b'["\\uD801\\udc37"]'),
    ("string_accepted_surrogate_pairs", b'["\\ud83d\\ude39\\ud83d\\udc8d"]'), ("string_allowed_escapes", b'["\\"\\\\\\/\\b\\f\\n\\r\\t"]'),
    ("string_backslash_and_u_escaped_zero", b'["\\\\u0000"]'), ("string_backslash_doublequotes", b'["\\""]'),
    ("string_comments", b'["a/*b*/c/*d//e"]'), ("string_double_escape_a", b'["\\\\a"]'), ("string_double_escape_n", b'["\\\\n"]'),
    ("string_escaped_control_character", b'["\\u0012"]'), ("string_escaped_noncharacter", b'["\\uFFFF"]'),
    ("string_in_array", b'["asd"]'), ("string_in_array_with_leading_space", b'[ "asd"]'),
    ("string_last_surrogates_1_and_2", b'["\\uDBFF\\uDFFF"]'), ("string_nbsp_uescaped", b'["new\\u00A0line"]'),
    ("string_nonCharacterInUTF-8_U+10FFFF", b'["\xf4\x8f\xbf\xbf"]'), ("string_nonCharacterInUTF-8_U+FFFF", b'["\xef\xbf\xbf"]'),
    ("string_null_escape", b'["\\u0000"]'), ("string_one-byte-utf-8", b'["\\u002c"]'), ("string_pi", b'["\xcf\x80"]'),
    ("string_reservedCharacterInUTF-8_U+1BFFF", b'["\xf0\x9b\xbf\xbf"]'), ("string_simple_ascii", b'["asd "]'),
    ("string_space", b'" "'), ("string_surrogates_U+1D11E_MUSICAL_SYMBOL_G_CLEF", b'["\\uD834\\uDd1e"]'),
    ("string_three-byte-utf-8", b'["\\u0821"]'), ("string_two-byte-utf-8", b'["\\u0123"]'),
    ("string_u+2028_line_sep", b'["\xe2\x80\xa8"]'), ("string_u+2029_par_sep", b'["\xe2\x80\xa9"]'),
    ("string_uEscape", b'["\\u0061\\u30af\\u30EA\\u30b9"]'), ("string_uescaped_newline", b'["new\\u000Aline"]'),
    ("string_unescaped_char_delete", b'["\x7f"]'), ("string_unicode", b'["\\uA66D"]'), ("string_unicodeEscapedBackslash", b'["\\u005C"]'),
    ("string_unicode_2", '["⍂㈴⍂"]'.encode()), ("string_unicode_U+10FFFE_nonchar", b'["\\uDBFF\\uDFFE"]'),
    ("string_unicode_U+1FFFE_nonchar", b'["\\uD83F\\uDFFE"]'), ("string_unicode_U+200B_ZERO_WIDTH_SPACE", b'["\\u200B"]'),
    ("string_unicode_U+2064_invisible_plus", b'["\\u2064"]'), ("string_unicode_U+FDD0_nonchar", b'["\\uFDD0"]'),
    ("string_unicode_U+FFFE_nonchar", b'["\\uFFFE"]'), ("string_unicode_escaped_double_quote", b'["\\u0022"]'),
    ("string_utf8", '["€𝄞"]'.encode()), ("string_with_del_character", b'["a\x7fa"]'),
    ("structure_lonely_false", b"false"), ("structure_lonely_int", b"42"),
    ("structure_lonely_negative_real", b"-0.1", "number", INTEGERS), ("structure_lonely_null", b"null"),
    ("structure_lonely_string", b'"asd"'), ("structure_lonely_true", b"true"), ("structure_string_empty", b'""'),
    ("structure_trailing_newline", b'[ "a"]\n'), ("structure_true_in_array", b"[true]"), ("structure_whitespace_array", b" [] "),
]

UNDECIDED = [
    ("number_double_huge_neg_exp", b"[123.456e-789]", "number", INTEGERS),
    ("number_huge_exp", b"[0.4e00" + b"6" + b"9" * 80 + b"1]", "number", INTEGERS),
    ("number_neg_int_huge_exp", b"[-1e+9999]", "number", INTEGERS), ("number_pos_double_huge_exp", b"[1.5e+9999]", "number", INTEGERS),
    ("number_real_neg_overflow", b"[-123123e100000]", "number", INTEGERS),
    ("number_real_pos_overflow", b"[123123e100000]", "number", INTEGERS),
    ("number_real_underflow", b"[123e-10000000]", "number", INTEGERS),
    ("number_too_big_neg_int", b"[-123123123123123123123123123123]", "number", INTEGERS),
    ("number_too_big_pos_int", b"[100000000000000000000]", "number", INTEGERS),
    ("number_very_big_negative_int", b"[-237462374673276894279832749832423479823246327846]", "number", INTEGERS),
    ("object_key_lone_2nd_surrogate", b'{"\\uDFAA":0}', "surrogate", LONE),
    ("string_1st_surrogate_but_2nd_missing", b'["\\uDADA"]', "surrogate", LONE),
    ("string_1st_valid_surrogate_2nd_invalid", b'["\\uD888\\u1234"]', "surrogate", LONE),
    ("string_UTF-16LE_with_BOM", b"\xff\xfe" + '["é"]'.encode("utf-16-le"), "encoding", UTF8),
    ("string_UTF-8_invalid_sequence", '["日ш'.encode() + b'\xfa"]', "encoding", UTF8),
    ("string_UTF8_surrogate_U+D800", b'["\xed\xa0\x80"]', "encoding", UTF8),
    ("string_incomplete_surrogate_and_escape_valid", b'["\\uD800\\n"]', "surrogate", LONE),
    ("string_incomplete_surrogate_pair", b'["\\uDd1ea"]', "surrogate", LONE),
    ("string_incomplete_surrogates_escape_valid", b'["\\uD800\\uD800\\n"]', "surrogate", LONE),
    ("string_invalid_lonely_surrogate", b'["\\ud800"]', "surrogate", LONE),
    ("string_invalid_surrogate", b'["\\ud800abc"]', "surrogate", LONE), ("string_invalid_utf-8", b'["\xff"]', "encoding", UTF8),
    ("string_inverted_surrogates_U+1D11E", b'["\\uDd1e\\uD834"]', "surrogate", LONE),
    ("string_iso_latin_1", b'["\xe9"]', "encoding", UTF8), ("string_lone_second_surrogate", b'["\\uDFAA"]', "surrogate", LONE),
    ("string_lone_utf8_continuation_byte", b'["\x81"]', "encoding", UTF8),
    ("string_not_in_unicode_range", b'["\xf4\xbf\xbf\xbf"]', "encoding", UTF8),
    ("string_overlong_sequence_2_bytes", b'["\xc0\xaf"]', "encoding", UTF8),
    ("string_overlong_sequence_6_bytes", b'["\xfc\x83\xbf\xbf\xbf\xbf"]', "encoding", UTF8),
    ("string_overlong_sequence_6_bytes_null", b'["\xfc\x80\x80\x80\x80\x80"]', "encoding", UTF8),
    ("string_truncated-utf-8", b'["\xe0\xff"]', "encoding", UTF8),
    ("string_utf16BE_no_BOM", '["é"]'.encode("utf-16-be"), "encoding", UTF8),
    ("string_utf16LE_no_BOM", '["é"]'.encode("utf-16-le"), "encoding", UTF8),
    ("structure_500_nested_arrays", b"[" * 500 + b"]" * 500, "depth", DEEP),
    ("structure_UTF-8_BOM_empty_object", b"\xef\xbb\xbf{}", "syntax", MARK),
]

# Each number stands in an array, as in the suite. "number": what stands before the fault is already a number that is not taken.
INVALID_NUMBERS = [
    ("++", b"++1234"), ("+1", b"+1"), ("+Inf", b"+Inf"), ("-01", b"-01", "number"), ("-1.0.", b"-1.0.", "number"), ("-2.", b"-2."), ("-NaN", b"-NaN"),
    (".-1", b".-1"), (".2e-3", b".2e-3"), ("0.1.2", b"0.1.2", "number"), ("0.3e+", b"0.3e+"), ("0.3e", b"0.3e"), ("0.e1", b"0.e1"),
    ("0_capital_E+", b"0E+"), ("0_capital_E", b"0E"), ("0e+", b"0e+"), ("0e", b"0e"), ("1.0e+", b"1.0e+"), ("1.0e-", b"1.0e-"),
    ("1.0e", b"1.0e"), ("1_000", b"1 000.0"), ("1eE2", b"1eE2"), ("2.e+3", b"2.e+3"), ("2.e-3", b"2.e-3"), ("2.e3", b"2.e3"),
    ("9.e+", b"9.e+"), ("Inf", b"Inf"), ("NaN", b"NaN"), ("U+FF11_fullwidth_digit_one", "１".encode()), ("expression", b"1+2"),
    ("hex_1_digit", b"0x1"), ("hex_2_digits", b"0x42"), ("infinity", b"Infinity"), ("invalid+-", b"0e+-1"),
    ("invalid-negative-real", b"-123.123foo", "number"), ("invalid-utf-8-in-bigger-int", b"123\xe5"), ("invalid-utf-8-in-exponent", b"1e1\xe5", "number"),
    ("invalid-utf-8-in-int", b"0\xe5"), ("minus_infinity", b"-Infinity"), ("minus_sign_with_trailing_garbage", b"-foo"),
    ("minus_space_1", b"- 1"), ("neg_int_starting_with_zero", b"-012", "number"), ("neg_real_without_int_part", b"-.123"),
    ("neg_with_garbage_at_end", b"-1x"), ("real_garbage_after_e", b"1ea"), ("real_with_invalid_utf8_after_e", b"1e\xe5"),
    ("real_without_fractional_part", b"1."), ("starting_with_dot", b".123"), ("with_alpha", b"1.2a-3", "number"),
    ("with_alpha_char", b"1.8011670033376514H-308", "number"), ("with_leading_zero", b"012"),
]

INVALID = [
    ("array_1_true_without_comma", b"[1 true]"), ("array_a_invalid_utf8", b"[a\xe5]"), ("array_colon_instead_of_comma", b'["": 1]'),
    ("array_comma_after_close", b'[""],'), ("array_comma_and_number", b"[,1]"), ("array_double_comma", b"[1,,2]"),
    ("array_double_extra_comma", b'["x",,]'), ("array_extra_close", b'["x"]]'), ("array_extra_comma", b'["",]'),
    ("array_incomplete", b'["x"'), ("array_incomplete_invalid_value", b"[x"), ("array_inner_array_no_comma", b"[3[4]]"),
    ("array_invalid_utf8", b"[\xff]"), ("array_items_separated_by_semicolon", b"[1:2]"), ("array_just_comma", b"[,]"),
    ("array_just_minus", b"[-]"), ("array_missing_value", b'[   , ""]'), ("array_newlines_unclosed", b'["a",\n4\n,1,'),
    ("array_number_and_comma", b"[1,]"), ("array_number_and_several_commas", b"[1,,]"),
    ("array_spaces_vertical_tab_formfeed", b'["\x0ba"\x0c]'), ("array_star_inside", b"[*]"), ("array_unclosed", b'[""'),
    ("array_unclosed_trailing_comma", b"[1,"), ("array_unclosed_with_new_lines", b"[1,\n1\n,1"),
    ("array_unclosed_with_object_inside", b"[{}"), ("incomplete_false", b"[fals]"), ("incomplete_null", b"[nul]"),
    ("incomplete_true", b"[tru]"), ("multidigit_number_then_00", b"123\x00"), ("number_then_00", b"1\x00"),
    ("object_bad_value", b'["x", truth]'), ("object_bracket_key", b'{[: "x"}\n'), ("object_comma_instead_of_colon", b'{"x", null}'),
    ("object_double_colon", b'{"x"::"b"}'), ("object_emoji", "{🇨🇭}".encode()), ("object_garbage_at_end", b'{"a":"a" 123}'),
    ("object_key_with_single_quotes", b"{key: 'value'}"),
    ("object_lone_continuation_byte_in_key_and_trailing_comma", b'{"\xb9":"0",}'), ("object_missing_colon", b'{"a" b}'),
    ("object_missing_key", b'{:"b"}'), ("object_missing_semicolon", b'{"a" "b"}'), ("object_missing_value", b'{"a":'),
    ("object_no-colon", b'{"a"'), ("object_non_string_key", b"{1:1}"), ("object_non_string_key_but_huge_number_instead", b"{9999E9999:1}"),
    ("object_repeated_null_null", b"{null:null,null:null}"), ("object_several_trailing_commas", b'{"id":0,,,,,}'),
    ("object_single_quote", b"{'a':0}"), ("object_trailing_comma", b'{"id":0,}'), ("object_trailing_comment", b'{"a":"b"}/**/'),
    ("object_trailing_comment_open", b'{"a":"b"}/**//'), ("object_trailing_comment_slash_open", b'{"a":"b"}//'),
    ("object_trailing_comment_slash_open_incomplete", b'{"a":"b"}/'), ("object_two_commas_in_a_row", b'{"a":"b",,"c":"d"}'),
    ("object_unquoted_key", b'{a: "b"}'), ("object_unterminated-value", b'{"a":"a'), ("object_with_single_string", b'{ "foo" : "bar", "a" }'),
    ("object_with_trailing_garbage", b'{"a":"b"}#'), ("single_space", b" "),
    ("string_1_surrogate_then_escape", b'["\\uD800\\"]', "surrogate"), ("string_1_surrogate_then_escape_u", b'["\\uD800\\u"]'),
    ("string_1_surrogate_then_escape_u1", b'["\\uD800\\u1"]'), ("string_1_surrogate_then_escape_u1x", b'["\\uD800\\u1x"]'),
    ("string_accentuated_char_no_quotes", "[é]".encode()), ("string_backslash_00", b'["\\\x00"]'), ("string_escape_x", b'["\\x00"]'),
    ("string_escaped_backslash_bad", b'["\\\\\\"]'), ("string_escaped_ctrl_char_tab", b'["\\\t"]'),
    ("string_escaped_emoji", '["\\🌀"]'.encode()), ("string_incomplete_escape", b'["\\"]'),
    ("string_incomplete_escaped_character", b'["\\u00A"]'), ("string_incomplete_surrogate", b'["\\uD834\\uDd"]'),
    ("string_incomplete_surrogate_escape_invalid", b'["\\uD800\\uD800\\x"]', "surrogate"),
    ("string_invalid-utf-8-in-escape", b'["\\u\xe5"]'), ("string_invalid_backslash_esc", b'["\\a"]'),
    ("string_invalid_unicode_escape", b'["\\uqqqq"]'), ("string_invalid_utf8_after_escape", b'["\\\xe5"]'),
    ("string_leading_uescaped_thinspace", b'[\\u0020"asd"]'), ("string_no_quotes_with_bad_escape", b"[\\n]"),
    ("string_octal_escape", b'["\\101"]'),
    ("string_single_doublequote", b'"'), ("string_single_quote", b"['single quote']"), ("string_single_string_no_double_quotes", b"abc"),
    ("string_start_escape_unclosed", b'["\\'), ("string_unescaped_ctrl_char", b'["a\x00a"]'), ("string_unescaped_newline", b'["new\nline"]'),
    ("string_unescaped_tab", b'["\t"]'), ("string_unicode_CapitalU", b'"\\UA66D"'), ("string_with_trailing_garbage", b'""x'),
    ("structure_100000_opening_arrays", b"[", "depth", "", 100_000), ("structure_U+2060_word_joined", "[\u2060]".encode()),
    ("structure_UTF8_BOM_no_data", b"\xef\xbb\xbf"), ("structure_angle_bracket_.", b"<.>"), ("structure_angle_bracket_null", b"[<null>]"),
    ("structure_array_trailing_garbage", b"[1]x"), ("structure_array_with_extra_array_close", b"[1]]"),
    ("structure_array_with_unclosed_string", b'["asd]'), ("structure_ascii-unicode-identifier", "aå".encode()),
    ("structure_capitalized_True", b"[True]"), ("structure_close_unopened_array", b"1]"),
    ("structure_comma_instead_of_closing_brace", b'{"x": true,'), ("structure_double_array", b"[][]"), ("structure_end_array", b"]"),
    ("structure_incomplete_UTF8_BOM", b"\xef\xbb{}"), ("structure_lone-invalid-utf-8", b"\xe5"), ("structure_lone-open-bracket", b"["),
    ("structure_no_data", b""), ("structure_null-byte-outside-string", b"[\x00]"), ("structure_number_with_trailing_garbage", b"2@"),
    ("structure_object_followed_by_closing_object", b"{}}"), ("structure_object_unclosed_no_value", b'{"":'),
    ("structure_object_with_comment", b'{"a":/*comment*/"b"}'), ("structure_object_with_trailing_garbage", b'{"a": true} "x"'),
    ("structure_open_array_apostrophe", b"['"), ("structure_open_array_comma", b"[,"),
    ("structure_open_array_object", b'[{"":', "depth", "", 50_000), ("structure_open_array_open_object", b"[{"),
    ("structure_open_array_open_string", b'["a'), ("structure_open_array_string", b'["a"'), ("structure_open_object", b"{"),
    ("structure_open_object_close_array", b"{]"), ("structure_open_object_comma", b"{,"), ("structure_open_object_open_array", b"{["),
    ("structure_open_object_open_string", b'{"a'), ("structure_open_object_string_with_apostrophes", b"{'a'"),
    ("structure_open_open", b'["\\{["\\{["\\{["\\{'), ("structure_single_eacute", b"\xe9"), ("structure_single_star", b"*"),
    ("structure_trailing_#", b'{"a":"b"}#{}'), ("structure_uescaped_LF_before_string", b'[\\u000A""]'), ("structure_unclosed_array", b"[1"),
    ("structure_unclosed_array_partial_null", b"[ false, nul"), ("structure_unclosed_array_unfinished_false", b"[ true, fals"),
    ("structure_unclosed_array_unfinished_true", b"[ false, tru"), ("structure_unclosed_object", b'{"asd":"asd"'),
    ("structure_unicode-identifier", "å".encode()), ("structure_whitespace_U+2060_word_joiner", "\u2060".encode()),
    ("structure_whitespace_formfeed", b"[\x0c]"),
]

OWN = [
    ("valid", "own_largest_integer", b"[9007199254740992,-9007199254740992]"),
    ("valid", "own_one_over_the_largest_integer", b"[9007199254740993]", "number", INTEGERS),
    ("valid", "own_integer_of_64_bits", b"[9223372036854775807]", "number", INTEGERS),
    ("valid", "own_integer_over_64_bits", b"[18446744073709551616]", "number", INTEGERS),
    ("valid", "own_integer_of_100000_digits", b"7", "number", INTEGERS, 100_000),
    ("valid", "own_one_point_zero", b"1.0", "number", INTEGERS),
    ("valid", "own_thirty_two_levels", b"[" * 32 + b"]" * 32),
    ("valid", "own_thirty_three_levels", b"[" * 33 + b"]" * 33, "depth", DEEP),
    ("valid", "own_thirty_three_levels_of_objects", b'{"a":' * 33 + b"1" + b"}" * 33, "depth", DEEP),
    ("valid", "own_doubled_by_an_escape", b'{"a":1,"\\u0061":2}', "doubled-name", DOUBLED),
    ("valid", "own_doubled_empty_name", b'{"":1,"":2}', "doubled-name", DOUBLED),
    ("valid", "own_doubled_deep_inside", b'[{"a":[{"b":1,"b":1}]}]', "doubled-name", DOUBLED),
    ("valid", "own_names_alike_but_composed_otherwise", b'{"\\u00e9":1,"e\\u0301":2}'),
    ("valid", "own_names_that_differ_in_case", b'{"a":1,"A":2}'),
    ("valid", "own_ideographic_variation_sequence", "[\"葛\U000e0100城\"]".encode()),
    ("valid", "own_character_beyond_the_basic_plane", "[\"𠮷野\"]".encode()),
    ("valid", "own_long_string", b'"' + b"a" * 5000 + b'"'),
    ("invalid", "own_comment_before", b"/**/[]"), ("invalid", "own_single_line_comment", b"[] // x"),
    ("invalid", "own_ideographic_space_between", "[1,　2]".encode()), ("invalid", "own_mark_between", b"[\xef\xbb\xbf1]"),
    ("invalid", "own_overlong_NUL", b'["\xc0\x80"]'), ("invalid", "own_text_cut_within_a_character", '["正'.encode()[:-1]),
    ("invalid", "own_two_documents", b"{}\n{}"), ("invalid", "own_record_separator", b"\x1e{}"),
]


def entry(form, name, text, ours=None, why="", times=1):
    if ours is None:
        ours = "accept" if form == "valid" else "syntax"
    try:
        shown = text.decode("utf-8")
        made = {"text": shown}
    except UnicodeDecodeError:
        made = {"hex": text.hex()}
        ours = "encoding" if ours == "syntax" else ours  # bytes that are no UTF-8 come before any fault of syntax
    made = {"name": name, "form": form, "ours": ours} | made
    if times > 1:
        made["times"] = times
    if why:
        made["why"] = why
    return made


def entries():
    for form, mark, cases in (("valid", "y_", VALID), ("invalid", "n_", INVALID), ("undecided", "i_", UNDECIDED)):
        for case in cases:
            yield entry(form, mark + case[0], *case[1:])
    for name, number, *ours in INVALID_NUMBERS:
        yield entry("invalid", "n_number_" + name, b"[" + number + b"]", *ours)
    for case in OWN:
        yield entry(*case)


made = list(entries())
assert len({one["name"] for one in made}) == len(made)
with open(pathlib.Path(__file__).with_name("json-texts.json"), "w", encoding="ascii") as file:
    rows = ",\n".join(" " + json.dumps(one) for one in made)
    file.write('{"source": "forms of nst/JSONTestSuite (Nicolas Seriot, MIT licence) written anew, and our own; see make_json_texts.py",\n'
               f'"texts": [\n{rows}\n]}}\n')
