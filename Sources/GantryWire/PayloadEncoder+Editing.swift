// What only Gantry's own targets do with an encoder: look at, patch, cut, splice and restart what was
// written. The feeder patches length prefixes, the container loop cuts a failed value off and sends the rest.

extension PayloadEncoder {
  /// Lends the bytes written so far; they are valid only inside the closure.
  @inlinable
  package borrowing func withBytes<R: ~Copyable, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: base, count: used))
  }

  /// Forgets every byte from `count` on.
  @inlinable
  package mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= used, "A payload can only be cut inside what was written.")
    used = count
  }

  /// Overwrites four bytes that were written before.
  @inlinable
  package mutating func patch(_ value: UInt32, at offset: Int) {
    precondition(offset >= 0 && offset <= used &- 4, "A patch lies inside what was written.")
    (base + offset).storeBytes(of: value, as: UInt32.self)
  }

  /// Overwrites eight bytes that were written before.
  @inlinable
  package mutating func patch(_ value: UInt64, at offset: Int) {
    precondition(offset >= 0 && offset <= used &- 8, "A patch lies inside what was written.")
    (base + offset).storeBytes(of: value, as: UInt64.self)
  }

  /// Appends up to `count` bytes that the closure writes itself; it returns how many.
  @inlinable
  package mutating func append(
    upTo count: Int, writing body: (UnsafeMutableRawBufferPointer) -> Int
  ) {
    reserve(count)
    let written = body(UnsafeMutableRawBufferPointer(start: base + used, count: count))
    precondition(written >= 0 && written <= count, "A writer stays inside the room it was given.")
    used &+= written
  }

  /// Starts over in other lent memory and keeps the Codable machinery; frees the heap buffer if there is one.
  @inlinable
  package mutating func restart(writingAt base: UnsafeMutableRawPointer, capacity: Int) {
    if isOwned { self.base.deallocate() }
    self.base = base
    self.capacity = capacity
    used = 0
    isOwned = false
    depth = 0
    firstFailure = nil
  }

  /// Moves the bytes from `offset` on up and puts others between; slow, for shapes that arrive out of order.
  mutating func insert(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    precondition(offset >= 0 && offset <= used, "An insertion lies inside what was written.")
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
    reserve(bytes.count)
    (base + offset + bytes.count).copyMemory(from: base + offset, byteCount: used - offset)
    (base + offset).copyMemory(from: source, byteCount: bytes.count)
    used += bytes.count
  }
}
