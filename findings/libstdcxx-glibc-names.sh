#!/bin/bash
# libstdc++.a of GCC 12.2.0 (Debian 12: libstdc++-12-dev 12.2.0-14+deb12u1) above another C library:
# how far it is tied to glibc depends on what a program uses.
#
# * Strings, containers, exceptions and threads: of their members only two names are no C library's in
#   general, `__libc_single_threaded` (a variable of glibc 2.32 and later; as 0 it is right
#   everywhere) and `gettext`. With these two they link and run above uClibc-ng 1.0.35.
# * Streams: their members want glibc's own names for locales (`__newlocale`, `__uselocale`, …), which
#   no option of the library leaves out.
#
# Seen: "functexcept.o: gettext", "guard.o: __libc_single_threaded",
# "c++locale.o: __freelocale __newlocale", a line each. Ends with 0 as long as that is so.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q libstdc++-12-dev=12.2.0-14+deb12u1 >/dev/null
dpkg -x libstdc++-12-dev_*.deb .
library=usr/lib/gcc/x86_64-linux-gnu/12/libstdc++.a
of() {
  ar p $library "$1" >member.o
  echo "$1: $(nm -u --format=just-symbols member.o | grep -E "^($2)\$" | sort | tr '\n' ' ')"
}
seen=$(
  of functexcept.o 'gettext|__newlocale|__freelocale'
  of guard.o '__libc_single_threaded|__newlocale'
  of c++locale.o '__newlocale|__freelocale'
)
echo "$seen"
[ "$(echo "$seen" | sed 's/ *$//')" = "functexcept.o: gettext
guard.o: __libc_single_threaded
c++locale.o: __freelocale __newlocale" ]
