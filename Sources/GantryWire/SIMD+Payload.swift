// Vectors travel as their memory. Spelled out for each: their storage is what makes them bitwise, which a constraint on
// the scalar does not show, and the default they would get instead is the coding of their `Codable` conformance.

extension SIMD where Self: Payload {
  /// Appends the vector's memory, padding included, so that a vector alone and one in an array look the same.
  @inlinable
  func encodeMemory(into encoder: inout PayloadEncoder) {
    withUnsafeBytes(of: self) { encoder.append($0) }
  }

  /// Reads the vector's memory, from wherever it lies.
  @inlinable
  static func decodeMemory(from decoder: inout PayloadDecoder) throws -> Self {
    var vector = Self()
    let bytes = try decoder.readBytes(count: MemoryLayout<Self>.size)
    withUnsafeMutableBytes(of: &vector) { $0.copyMemory(from: bytes) }
    return vector
  }
}

extension SIMD2: Payload where Scalar: Payload & BitwiseCopyable {
  /// As its scalars are.
  @inlinable
  public static var isBitwise: Bool { Scalar.isBitwise }

  /// Appends the vector's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) { encodeMemory(into: &encoder) }

  /// Reads the vector's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws { self = try Self.decodeMemory(from: &decoder) }
}

extension SIMD3: Payload where Scalar: Payload & BitwiseCopyable {
  /// As its scalars are.
  @inlinable
  public static var isBitwise: Bool { Scalar.isBitwise }

  /// Appends the vector's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) { encodeMemory(into: &encoder) }

  /// Reads the vector's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws { self = try Self.decodeMemory(from: &decoder) }
}

extension SIMD4: Payload where Scalar: Payload & BitwiseCopyable {
  /// As its scalars are.
  @inlinable
  public static var isBitwise: Bool { Scalar.isBitwise }

  /// Appends the vector's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) { encodeMemory(into: &encoder) }

  /// Reads the vector's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws { self = try Self.decodeMemory(from: &decoder) }
}

extension SIMD8: Payload where Scalar: Payload & BitwiseCopyable {
  /// As its scalars are.
  @inlinable
  public static var isBitwise: Bool { Scalar.isBitwise }

  /// Appends the vector's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) { encodeMemory(into: &encoder) }

  /// Reads the vector's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws { self = try Self.decodeMemory(from: &decoder) }
}

extension SIMD16: Payload where Scalar: Payload & BitwiseCopyable {
  /// As its scalars are.
  @inlinable
  public static var isBitwise: Bool { Scalar.isBitwise }

  /// Appends the vector's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) { encodeMemory(into: &encoder) }

  /// Reads the vector's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws { self = try Self.decodeMemory(from: &decoder) }
}

extension SIMD32: Payload where Scalar: Payload & BitwiseCopyable {
  /// As its scalars are.
  @inlinable
  public static var isBitwise: Bool { Scalar.isBitwise }

  /// Appends the vector's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) { encodeMemory(into: &encoder) }

  /// Reads the vector's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws { self = try Self.decodeMemory(from: &decoder) }
}

extension SIMD64: Payload where Scalar: Payload & BitwiseCopyable {
  /// As its scalars are.
  @inlinable
  public static var isBitwise: Bool { Scalar.isBitwise }

  /// Appends the vector's memory.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) { encodeMemory(into: &encoder) }

  /// Reads the vector's memory.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws { self = try Self.decodeMemory(from: &decoder) }
}
