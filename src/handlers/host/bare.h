/* bare.h - the kernel without a C library: what run.c needs to be a program of a few pages, which
 * starts in a fraction of the time that a dynamic linker takes.
 *
 *   Owns: nothing.   Threads: one.   Errors: system calls return -errno.
 *   Source: the calling conventions in syscall(2).
 */
#ifndef ALPHABET_HANDLERS_HOST_BARE_H
#define ALPHABET_HANDLERS_HOST_BARE_H

#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
static inline long bare_call(long number, long a, long b, long c, long d, long e) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}
/* Hands the stack as the kernel made it (argc, argv, NULL, environment, NULL) to bare_main. */
#define BARE_START \
    __asm__(".text\n.globl _start\n.type _start,@function\n_start:\n" \
            "xor %ebp,%ebp\nmov %rsp,%rdi\nand $-16,%rsp\ncall bare_main\nhlt\n");
/* Starts a process that shares our memory and runs bare_child on a stack of its own, while we stand
 * still until it executes a program or ends: no page table is copied. */
static inline long bare_start_child(unsigned long flags, char *stack_end) {
    long result;
    __asm__ volatile("syscall\n\ttest %%rax,%%rax\n\tjnz 1f\n\txor %%ebp,%%ebp\n\t"
                     "call bare_child\n\thlt\n1:"
                     : "=a"(result)
                     : "a"((long)__NR_clone), "D"(flags), "S"(stack_end), "d"(0L)
                     : "rcx", "r10", "r8", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static inline long bare_call(long number, long a, long b, long c, long d, long e) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
#define BARE_START \
    __asm__(".text\n.globl _start\n.type _start,%function\n_start:\n" \
            "mov x29,#0\nmov x30,#0\nmov x0,sp\nand sp,x0,#-16\nbl bare_main\nbrk #1\n");
static inline long bare_start_child(unsigned long flags, char *stack_end) {
    register long x8 __asm__("x8") = __NR_clone;
    register long x0 __asm__("x0") = (long)flags;
    register long x1 __asm__("x1") = (long)stack_end;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    __asm__ volatile("svc #0\n\tcbnz x0,1f\n\tmov x29,#0\n\tmov x30,#0\n\tbl bare_child\n\t"
                     "brk #1\n1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
                     : "memory");
    return x0;
}
#else
#error "run.c knows x86-64 and aarch64; a port needs these few lines"
#endif

#define BARE(name, a, b, c, d, e) \
    bare_call(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define BARE0(name) BARE(name, 0, 0, 0, 0, 0)
#define BARE1(name, a) BARE(name, a, 0, 0, 0, 0)
#define BARE2(name, a, b) BARE(name, a, b, 0, 0, 0)
#define BARE3(name, a, b, c) BARE(name, a, b, c, 0, 0)
#define BARE4(name, a, b, c, d) BARE(name, a, b, c, d, 0)

/* The number at *text; moves behind it. */
static inline uint64_t bare_number(const char **text) {
    uint64_t number = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        number = number * 10 + (uint64_t)(**text - '0');
    return number;
}

/* Puts the digits of number at `to` and a NUL behind them; returns where that stands. */
static inline char *bare_put_number(char *to, uint64_t number) {
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) *to++ = digits[--count];
    *to = '\0';
    return to;
}

static inline char *bare_put_text(char *to, const char *text) {
    while (*text != '\0') *to++ = *text++;
    *to = '\0';
    return to;
}

#endif
