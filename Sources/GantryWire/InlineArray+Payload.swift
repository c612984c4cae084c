// Arrays of fixed size: the elements side by side, no count; as memory where the element is bitwise.

extension InlineArray: Payload where Element: Payload {
  /// As its elements are.
  @inlinable
  public static var isBitwise: Bool { Element.isBitwise }

  /// Appends the elements.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    if Self.movesAsMemory {
      withUnsafeBytes(of: self) { encoder.append($0) }
    } else {
      for index in indices { encoder.encode(self[index]) }
    }
  }

  /// Reads the elements.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    if Self.movesAsMemory {
      let bytes = try decoder.readBytes(count: MemoryLayout<Self>.size)
      // Trivial by `movesAsMemory`, so unaligned bytes may be copied into place.
      self = withUnsafeTemporaryAllocation(of: Self.self, capacity: 1) { place in
        place.initializeMemory(copying: bytes)
        return place[0]
      }
    } else {
      self = try InlineArray { _ in try decoder.decode() }
    }
  }
}
