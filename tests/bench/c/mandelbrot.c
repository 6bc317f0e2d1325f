#include <stdio.h>
int main(void) {
    int n = 800, count = 0;
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++) {
            double cr = 2.0 * x / n - 1.5, ci = 2.0 * y / n - 1.0, zr = 0, zi = 0;
            int i = 0;
            while (i < 50 && zr * zr + zi * zi <= 4.0) {
                double tr = zr * zr - zi * zi + cr;
                zi = 2.0 * zr * zi + ci, zr = tr, i++;
            }
            count += i == 50;
        }
    printf("%d\n", count);
}
