//! `limits.h`, `linux/limits.h`, `linux/param.h`, `stdint.h`, `sys/param.h`.

use super::*;

constants! {
    c_int {
        HOST_NAME_MAX = 64;
        NAME_MAX = 255;
        PATH_MAX = 0x1000;
    }
    c_uint {
        NBBY = 8;
    }
    usize {
        PTHREAD_STACK_MIN = 0x4000;
    }
    cc_t {
        _POSIX_VDISABLE = 0;
    }
}
