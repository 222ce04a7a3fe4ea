/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

uint64_t scatter(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint64_t random_word(random_t *random)
{
    return scatter(random->state += UINT64_C(0x9e3779b97f4a7c15));
}

double random_part(random_t *random)
{
    return (double)(random_word(random) >> 11) * 0x1p-53;
}
