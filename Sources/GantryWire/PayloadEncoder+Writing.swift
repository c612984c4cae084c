// Appending to a payload encoder: bytes, memory of bitwise values, lengths, and whole payloads.
// Called by every `encode(into:)`; the fast paths are inlined into clients, growth is one cold call.

extension PayloadEncoder {
  /// Makes room for more bytes at once, so that the following appends do not grow the buffer.
  ///
  /// - Parameter byteCount: The number of bytes about to be appended.
  @inlinable
  public mutating func reserve(_ byteCount: Int) {
    if _slowPath(capacity &- used < byteCount) { grow(for: byteCount) }
  }

  /// Appends bytes, which copies them once.
  ///
  /// - Parameter bytes: The bytes to append; may be empty.
  @inlinable
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
    reserve(bytes.count)
    (base + used).copyMemory(from: source, byteCount: bytes.count)
    used &+= bytes.count
  }

  /// Appends the memory of one value, without alignment or padding in front of it.
  ///
  /// - Parameter value: A value that holds no pointers.
  @inlinable
  public mutating func append<T: BitwiseCopyable>(bitwise value: T) {
    reserve(MemoryLayout<T>.size)
    (base + used).storeBytes(of: value, as: T.self)
    used &+= MemoryLayout<T>.size
  }

  /// Appends a number in as few bytes as it needs, seven bits in each.
  ///
  /// - Parameter length: Usually a count; numbers below 128 take one byte.
  @inlinable
  public mutating func append(length: UInt64) {
    if _fastPath(length < 0x80) {
      append(bitwise: UInt8(truncatingIfNeeded: length))
    } else {
      appendLong(length: length)
    }
  }

  /// Appends the count of something in as few bytes as it needs.
  ///
  /// - Parameter count: A count, never negative.
  @inlinable
  public mutating func append(count: Int) {
    append(length: UInt64(truncatingIfNeeded: count))
  }

  /// Appends a value of a payload type; a value that nests too deeply fails.
  ///
  /// - Parameter value: The value to encode.
  @inlinable
  public mutating func encode<P: Payload>(_ value: P) {
    if P.movesAsMemory {
      value.encode(into: &self)
      return
    }
    guard enterNesting(of: P.self) else { return }
    value.encode(into: &self)
    depth &-= 1
  }

  /// Counts one more level of nesting, or fails where there are too many; each success is undone by `depth -=
  /// 1`.
  @inlinable
  mutating func enterNesting(of type: Any.Type) -> Bool {
    if _slowPath(depth >= PayloadNesting.limit) {
      fail(PayloadError.tooDeepMessage(type))
      return false
    }
    depth &+= 1
    return true
  }

  @usableFromInline @inline(never)
  mutating func appendLong(length: UInt64) {
    reserve(10)
    var rest = length
    while rest >= 0x80 {
      (base + used).storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
      used &+= 1
      rest >>= 7
    }
    (base + used).storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
    used &+= 1
  }

  /// Moves to a heap buffer with room for `byteCount` more bytes, at least doubling each time.
  @usableFromInline @inline(never)
  mutating func grow(for byteCount: Int) {
    precondition(byteCount >= 0, "A payload cannot grow by \(byteCount) bytes.")
    let larger = max(used + byteCount, capacity + capacity, 256)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    moved.copyMemory(from: base, byteCount: used)
    if isOwned { base.deallocate() }
    base = moved
    capacity = larger
    isOwned = true
  }
}
