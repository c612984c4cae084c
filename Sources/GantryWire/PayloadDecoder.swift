// The cursor every value is decoded through: over bytes it does not own and does not trust. The container
// loop and the driver make it. It never reads beyond its end and never allocates by a number it read without
// bounding that number by the bytes that remain.

/// Reads values from encoded bytes.
///
/// Valid only during the call it is passed to: the bytes belong to someone else.
@frozen
public struct PayloadDecoder {
  @usableFromInline var bytes: UnsafeRawBufferPointer
  @usableFromInline var offset: Int
  @usableFromInline var depth: Int
  /// The Codable machinery, kept between values so that it is made once for a decoder.
  @usableFromInline var codableScratch: CodableDecoder?

  /// Makes a decoder over bytes that must stay in place and unchanged while it is used.
  @inlinable
  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    offset = 0
    depth = 0
    codableScratch = nil
  }

  /// Starts over on other bytes and keeps the Codable machinery.
  @inlinable
  package mutating func restart(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    offset = 0
    depth = 0
  }

  /// The number of bytes not yet read.
  @inlinable
  public var remaining: Int { bytes.count &- offset }

  /// Whether every byte was read.
  @inlinable
  public var isAtEnd: Bool { offset == bytes.count }

  /// Reads a value of a payload type.
  ///
  /// - Parameter type: The type of the value; usually inferred.
  /// - Returns: The value.
  /// - Throws: `PayloadError`, or an error of the type's own, when the bytes are no such value.
  @inlinable
  public mutating func decode<P: Payload>(_ type: P.Type = P.self) throws -> P {
    if P.movesAsMemory { return try P(from: &self) }
    try enterNesting(of: P.self)
    // Not undone by a throw: nothing is read from a decoder that has thrown, and `restart` begins anew.
    let value = try P(from: &self)
    depth &-= 1
    return value
  }

  /// Reads the memory of one bitwise value.
  ///
  /// - Parameter type: The type of the value; any bits must be a valid value of it.
  /// - Returns: The value.
  /// - Throws: `PayloadError` when too few bytes remain.
  @inlinable
  public mutating func decodeBitwise<T: BitwiseCopyable>(_ type: T.Type = T.self) throws(PayloadError) -> T {
    let start = try advance(by: MemoryLayout<T>.size)
    return bytes.loadUnaligned(fromByteOffset: start, as: T.self)
  }

  /// Reads bytes without copying them.
  ///
  /// - Parameter count: How many.
  /// - Returns: The bytes, which are valid only as long as the decoder's own.
  /// - Throws: `PayloadError` when fewer remain.
  @inlinable @inline(__always)
  public mutating func readBytes(count: Int) throws(PayloadError) -> UnsafeRawBufferPointer {
    let start = try advance(by: count)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<start &+ count])
  }

  /// Reads a number written by `PayloadEncoder.append(length:)`.
  ///
  /// - Returns: The number.
  /// - Throws: `PayloadError` when the bytes end early or the number has more than 64 bits.
  @inlinable
  public mutating func readLength() throws(PayloadError) -> UInt64 {
    let first = try decodeBitwise(UInt8.self)
    if _fastPath(first < 0x80) { return UInt64(first) }
    return try readLongLength(first)
  }

  /// Reads the count of things that each take at least so many of the bytes that remain.
  ///
  /// - Parameter stride: The least number of bytes that one of them takes, at least 1.
  /// - Returns: The count, which is safe to allocate by.
  /// - Throws: `PayloadError` when the remaining bytes could not hold so many.
  @inlinable @inline(__always)
  public mutating func readCount(ofAtLeast stride: Int = 1) throws(PayloadError) -> Int {
    let count = try readLength()
    if _slowPath(count > UInt64(truncatingIfNeeded: remaining / max(stride, 1))) {
      throw .oversized(count, of: "elements", remaining: remaining)
    }
    return Int(truncatingIfNeeded: count)
  }
}

extension PayloadDecoder {
  /// Steps over `count` bytes that are there, and returns where they begin.
  @inlinable
  mutating func advance(by count: Int) throws(PayloadError) -> Int {
    if _slowPath(count < 0 || count > bytes.count &- offset) {
      throw .truncated(needed: count, remaining: bytes.count &- offset)
    }
    let start = offset
    offset = start &+ count
    return start
  }

  @inlinable
  mutating func enterNesting(of type: Any.Type) throws(PayloadError) {
    if _slowPath(depth >= PayloadNesting.limit) { throw .tooDeep(type) }
    depth &+= 1
  }

  @usableFromInline @inline(never)
  mutating func readLongLength(_ first: UInt8) throws(PayloadError) -> UInt64 {
    var value = UInt64(first & 0x7F)
    var shift: UInt64 = 7
    while true {
      let byte = try decodeBitwise(UInt8.self)
      // The tenth byte has room for one bit only.
      if shift == 63, byte > 1 { throw .malformedLength() }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }
}
