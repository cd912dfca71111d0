"""Start kernels by fork from a process that has imported what stages import, in place of importing it anew in each.

Linux only. On macOS a process that has loaded system frameworks may not go on after a fork without exec; there, and wherever else a fork
would not give the kernel that was asked for, an ordinary kernel is started, with the same results.
"""
