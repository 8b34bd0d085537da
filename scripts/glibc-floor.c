/*
 * Two functions that the toolchain's archives take from glibc 2.35, so that scripts/build-static can keep to an older
 * one. Linked into the static binary only, before libc and libm.
 */
#include <math.h>

/*
 * libgcc's unwinder looks a program's .eh_frame up with it. The static binary has none: neither Swift nor libuv throws,
 * and a C++ exception of the Swift runtime ends the process. "Not found" is therefore what glibc itself would say.
 */
int _dl_find_object(void *address, void *result);
int _dl_find_object(void *address, void *result) {
    (void)address;
    (void)result;
    return -1;
}

/* Swift's standard library refers to it for complex arithmetic that the front does not do. C11 annex F.10.4.3. */
float hypotf(float x, float y) {
    if (isinf(x) || isinf(y)) return INFINITY;
    return (float)sqrt((double)x * x + (double)y * y);
}
