#include <stdio.h>
static long tak(long x, long y, long z) { return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)); }
int main(void) { volatile long x = 24; for (int i = 0; i < 20; i++) tak(x, 16, 8); printf("%ld\n", tak(x, 16, 8)); }
