//! `iconv.h`, `langinfo.h`, `locale.h`, `nl_types.h`, `xlocale.h`.

use super::*;

structs! {
    "struct lconv" pub struct lconv {
        pub decimal_point: *mut c_char,
        pub thousands_sep: *mut c_char,
        pub grouping: *mut c_char,
        pub int_curr_symbol: *mut c_char,
        pub currency_symbol: *mut c_char,
        pub mon_decimal_point: *mut c_char,
        pub mon_thousands_sep: *mut c_char,
        pub mon_grouping: *mut c_char,
        pub positive_sign: *mut c_char,
        pub negative_sign: *mut c_char,
        pub int_frac_digits: c_char,
        pub frac_digits: c_char,
        pub p_cs_precedes: c_char,
        pub p_sep_by_space: c_char,
        pub n_cs_precedes: c_char,
        pub n_sep_by_space: c_char,
        pub p_sign_posn: c_char,
        pub n_sign_posn: c_char,
        pub int_p_cs_precedes: c_char,
        pub int_p_sep_by_space: c_char,
        pub int_n_cs_precedes: c_char,
        pub int_n_sep_by_space: c_char,
        pub int_p_sign_posn: c_char,
        pub int_n_sign_posn: c_char,
    }
}

constants! {
    nl_item {
        CODESET = 10;
        RADIXCHAR = 256;
        THOUSEP = 257;
        CRNCYSTR = 533;
        ABDAY_1 = 768;
        ABDAY_2 = 769;
        ABDAY_3 = 770;
        ABDAY_4 = 771;
        ABDAY_5 = 772;
        ABDAY_6 = 773;
        ABDAY_7 = 774;
        DAY_1 = 775;
        DAY_2 = 776;
        DAY_3 = 777;
        DAY_4 = 778;
        DAY_5 = 779;
        DAY_6 = 780;
        DAY_7 = 781;
        ABMON_1 = 782;
        ABMON_2 = 783;
        ABMON_3 = 784;
        ABMON_4 = 785;
        ABMON_5 = 786;
        ABMON_6 = 787;
        ABMON_7 = 788;
        ABMON_8 = 789;
        ABMON_9 = 790;
        ABMON_10 = 791;
        ABMON_11 = 792;
        ABMON_12 = 793;
        MON_1 = 794;
        MON_2 = 795;
        MON_3 = 796;
        MON_4 = 797;
        MON_5 = 798;
        MON_6 = 799;
        MON_7 = 800;
        MON_8 = 801;
        MON_9 = 802;
        MON_10 = 803;
        MON_11 = 804;
        MON_12 = 805;
        AM_STR = 806;
        PM_STR = 807;
        D_T_FMT = 808;
        D_FMT = 809;
        T_FMT = 810;
        T_FMT_AMPM = 811;
        ERA = 812;
        ERA_D_FMT = 814;
        ALT_DIGITS = 815;
        ERA_D_T_FMT = 816;
        ERA_T_FMT = 817;
        YESEXPR = 1280;
        NOEXPR = 1281;
        YESSTR = 1282;
        NOSTR = 1283;
    }
    c_int {
        LC_CTYPE = 0;
        LC_CTYPE_MASK = 1;
        LC_NUMERIC = 1;
        LC_MONETARY = 2;
        LC_NUMERIC_MASK = 2;
        LC_TIME = 3;
        LC_COLLATE = 4;
        LC_MONETARY_MASK = 4;
        LC_MESSAGES = 5;
        LC_ALL = 6;
        LC_TIME_MASK = 8;
        LC_COLLATE_MASK = 16;
        LC_MESSAGES_MASK = 32;
        LC_ALL_MASK = 63;
    }
}

functions! {
    fn duplocale(dataset: locale_t) -> locale_t;
    fn freelocale(dataset: locale_t);
    fn localeconv() -> *mut lconv;
    fn newlocale(category_mask: c_int, locale: *const c_char, base: locale_t) -> locale_t;
    fn nl_langinfo(item: nl_item) -> *mut c_char;
    fn nl_langinfo_l(item: nl_item, l: locale_t) -> *mut c_char;
    fn setlocale(category: c_int, locale: *const c_char) -> *mut c_char;
    fn uselocale(dataset: locale_t) -> locale_t;
    fn iconv(
        cd: iconv_t,
        inbuf: *mut *mut c_char,
        inbytesleft: *mut usize,
        outbuf: *mut *mut c_char,
        outbytesleft: *mut usize,
    ) -> size_t;
    fn iconv_open(tocode: *const c_char, fromcode: *const c_char) -> iconv_t;
    fn iconv_close(cd: iconv_t) -> c_int;
}
