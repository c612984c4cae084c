// A Bool travels as one byte that is checked: another process's memory is never trusted to hold a Bool.
// Hence it is not bitwise, and arrays of it are checked as a whole in one pass.

extension Bool: Payload {
  /// A byte from another process may be neither 0 nor 1, so a Bool is never copied as memory.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends one byte, 0 or 1.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.append(bitwise: UInt8(self ? 1 : 0))
  }

  /// Reads one byte and accepts only 0 and 1.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    let byte = try decoder.decodeBitwise(UInt8.self)
    if _slowPath(byte > 1) { throw PayloadError.invalid(byte, for: Bool.self) }
    self = byte == 1
  }
}

extension PayloadDecoder {
  /// Reads bytes of which each is 0 or 1; one vectorised pass over all of them.
  @usableFromInline
  mutating func readBooleans(count: Int) throws(PayloadError) -> UnsafeRawBufferPointer {
    let booleans = try readBytes(count: count)
    var all: UInt8 = 0
    for byte in booleans { all |= byte }
    if all > 1 { throw .malformed([Bool].self, "one of its bytes is neither 0 nor 1") }
    return booleans
  }
}
