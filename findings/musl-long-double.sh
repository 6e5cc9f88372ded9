#!/bin/bash
# musl 1.2.3 (Debian 12: musl-dev 1.2.3-1): two functions of `long double` are wrong, not by a
# few units of the last place.
#
# * `tgammal` has the wrong sign for half of the negative numbers below -13: when the distance to
#   the integer below is more than a half, the next integer decides the sign. `tgamma`, of
#   `double`, is right: tgamma(-14.7) is -6.73823e-12, tgammal(-14.7L) is 6.73823e-12.
# * `acoshl` (and `acosh`, for some) gives numbers for arguments below 1, where it is due to give
#   NaN: acoshl(-5e5L) is -5.98161.
#
# Seen: "-6.73823e-12 6.73823e-12 -5.98161". Ends with 0 as long as that is so.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -q musl-dev=1.2.3-1 >/dev/null
dpkg -x musl-dev_*.deb .
cat >main.c <<'END'
#include <math.h>
#include <stdio.h>
int main(void)
{
  volatile long double x = -14.7L, y = -5e5L;
  printf("%g %Lg %Lg\n", tgamma(x), tgammal(x), acoshl(y));
  return 0;
}
END
musl=usr/lib/x86_64-linux-musl
cc -static -no-pie -fno-builtin -nostdlib -nostdinc -isystem usr/include/x86_64-linux-musl \
  -isystem "$(cc -print-file-name=include)" $musl/crt1.o $musl/crti.o main.c $musl/libc.a \
  "$(cc -print-libgcc-file-name)" $musl/crtn.o -o main
seen=$(./main)
echo "$seen"
[ "$seen" = "-6.73823e-12 6.73823e-12 -5.98161" ]
