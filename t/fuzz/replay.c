/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A target without libFuzzer: each file named is one input.
 */
#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most)
{
    (void)data;
    (void)most;
    return size;
}

int main(int argc, char **argv)
{
    static uint8_t data[FUZZ_LONGEST + 1];
    int i;

    LLVMFuzzerInitialize(&argc, &argv);
    for (i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t size;

        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        size = fread(data, 1, sizeof(data), file);
        fclose(file);
        /* Where it ends the process, the last line says of which file. */
        fprintf(stderr, "%s\n", argv[i]);
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%s: %d inputs\n", acct_fuzz_target.name, argc - 1);
    return 0;
}
