/*
 * dlfcn.h in static programs: there are no shared libraries, and so no names to be looked for at run
 * time. Each function fails, and `dlerror` says why. Programs that load plug-ins if there are any
 * link and go on without; SQLite's are one of them.
 */

#include <dlfcn.h>
#include <stddef.h>

static const char reason[] = "this is a static program: it cannot load shared libraries";

/* What `dlerror` tells next, in this thread. */
static __thread const char *failure;

void *
dlopen(const char *file, int mode)
{
    (void) file;
    (void) mode;
    failure = reason;
    return NULL;
}

void *
dlsym(void *restrict handle, const char *restrict name)
{
    (void) handle;
    (void) name;
    failure = reason;
    return NULL;
}

int
dlclose(void *handle)
{
    (void) handle;
    failure = reason;
    return -1;
}

char *
dlerror(void)
{
    const char *told = failure;
    failure = NULL;
    return (char *) told;
}

/* By its definition it leaves no message. */
int
dladdr(const void *address, Dl_info *info)
{
    (void) address;
    (void) info;
    return 0;
}
