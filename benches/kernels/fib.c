// Calls, and little else: the number of leaves of the tree of calls.

#include "kernel.h"

KERNEL(fib) { return n < 2 ? 1 : fib(n - 1) + fib(n - 2); }
