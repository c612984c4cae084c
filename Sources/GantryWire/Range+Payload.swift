// Ranges as their two bounds, whose order is checked on arrival: an unordered range would trap far from here.

extension Range: Payload where Bound: Payload {
  /// The order of the bounds is checked, so a range is never copied as memory.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends both bounds.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(lowerBound)
    encoder.encode(upperBound)
  }

  /// Reads both bounds and checks their order.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    let lower = try decoder.decode(Bound.self)
    let upper = try decoder.decode(Bound.self)
    guard lower <= upper else {
      throw PayloadError.malformed(Self.self, "its lower bound is above its upper bound")
    }
    self = lower..<upper
  }
}

extension ClosedRange: Payload where Bound: Payload {
  /// The order of the bounds is checked, so a range is never copied as memory.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends both bounds.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(lowerBound)
    encoder.encode(upperBound)
  }

  /// Reads both bounds and checks their order.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    let lower = try decoder.decode(Bound.self)
    let upper = try decoder.decode(Bound.self)
    guard lower <= upper else {
      throw PayloadError.malformed(Self.self, "its lower bound is above its upper bound")
    }
    self = lower...upper
  }
}
