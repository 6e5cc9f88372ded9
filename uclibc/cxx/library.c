/* What the C++ library wants of this computer's C library and uClibc-ng does not have. */

/* 0: the program may have several threads, so reference counts are atomic. */
char __libc_single_threaded;

/* The message itself: there are no translations. */
char *
gettext(const char *message)
{
    return (char *)message;
}
