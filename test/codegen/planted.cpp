// Loops by hand, for reads_ahead.py to be tried on: what each does is plain to see. With MISNAMED each has the name of
// the other kind, and every one of them must be found out.
#if defined(MISNAMED)
#define AHEAD "follow_"
#define FOLLOW "ahead_"
#else
#define AHEAD "ahead_"
#define FOLLOW "follow_"
#endif
#define LOOP(name, body) asm(".globl " name "\n.type " name ", @function\n" name ":\n" body "ret\n")

// In all of them: rdi the cells, rsi the mask, rdx the position, rax the sum. A cell is a stamp and a datum.

LOOP(AHEAD "counts", R"(
1:  mov %rdx, %rcx
    and %rsi, %rcx
    shl $4, %rcx
    mov (%rdi,%rcx), %r8
    inc %rdx
    cmp %rdx, %r8
    jne 2f
    add 8(%rdi,%rcx), %rax
    jmp 1b
2:
)");

LOOP(AHEAD "compares_in_memory_and_spills_the_sum", R"(
1:  mov %rdx, %rcx
    and %rsi, %rcx
    shl $4, %rcx
    inc %rdx
    cmp %rdx, (%rdi,%rcx)
    jne 2f
    mov 8(%rdi,%rcx), %rcx
    add %rcx, -8(%rsp)
    jmp 1b
2:
)");

LOOP(FOLLOW "takes_the_stamp_for_the_position", R"(
1:  mov %rdx, %rcx
    and %rsi, %rcx
    shl $4, %rcx
    mov (%rdi,%rcx), %r8
    inc %rdx
    cmp %rdx, %r8
    jne 2f
    add 8(%rdi,%rcx), %rax
    mov %r8, %rdx
    jmp 1b
2:
)");

LOOP(FOLLOW "through_a_spilled_position", R"(
1:  mov -8(%rsp), %rcx
    lea 1(%rcx), %rdx
    and %esi, %ecx
    shl $4, %rcx
    mov (%rdi,%rcx), %r8
    mov %r8, -8(%rsp)
    cmp %rdx, %r8
    jne 2f
    add 8(%rdi,%rcx), %rax
    jmp 1b
2:
)");

// A conditional move waits for the comparison, hence for the stamp: nothing is predicted.
LOOP(FOLLOW "by_a_conditional_move", R"(
1:  mov %rdx, %rcx
    and %rsi, %rcx
    shl $4, %rcx
    mov (%rdi,%rcx), %r8
    lea 1(%rdx), %r9
    cmp %r9, %r8
    cmove %r9, %rdx
    jne 2f
    add 8(%rdi,%rcx), %rax
    jmp 1b
2:
)");
