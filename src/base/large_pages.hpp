#pragma once
/// Memory in pages of 2 MB.
///
/// The system hands out memory when it is first touched, a page at a time. In a virtual machine a page can cost more
/// than what is done with it: the compiler of one model touches some 2000.

namespace hillock {

/// Asks for large pages for the first 64 MB that this process allocates. For the beginning of a program; where the
/// system has none, or another allocator is at work, nothing happens.
void prefer_large_pages();

}  // namespace hillock
