// Bytes of a completion ring, which their container may change while they are looked at: they can be read once, and only
// into something else. The type keeps the raw pointer from everybody but the one who copies.

internal import CGantryRing

/// A record's payload, still in shared memory.
///
/// Test builds end a program that reads a byte of it twice within one decision (PROTOCOL.md, Checks).
package struct SharedBytes {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  package var count: Int { bytes.count }

  /// Lends a range of the bytes to somebody who reads each of them once: copies it, or sums it up.
  package func read<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let part = UnsafeRawBufferPointer(rebasing: bytes[range])
    gantry_hooks_read_payload(part.baseAddress, UInt64(part.count))
    return try body(part)
  }

  /// Copies a range behind others.
  package func append(_ range: Range<Int>, to copy: inout [UInt8]) {
    read(range) { copy.append(contentsOf: $0) }
  }

  /// Copies all of it behind others.
  package func append(to copy: inout [UInt8]) { append(0..<count, to: &copy) }
}
