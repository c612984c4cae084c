// Arrays of every kind as runs of elements: one memory copy each way where the element is bitwise.

extension Array: Payload where Element: Payload {
  /// An array is a reference to its elements, never copied as memory itself.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends the count and the elements.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    withUnsafeBufferPointer { encoder.encodeRun($0) }
  }

  /// Reads a count, bounded by the bytes that remain, and the elements.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    if let run = try decoder.readRunMemory(Element.self) {
      self.init(unsafeUninitializedCapacity: run.count) { buffer, count in
        buffer.initializeMemory(copying: run.bytes)
        count = run.count
      }
    } else {
      var elements: [Element] = []
      try decoder.decodeRun(Element.self) {
        elements.reserveCapacity($0)
      } _: {
        elements.append($0)
      }
      self = elements
    }
  }
}

extension ContiguousArray: Payload where Element: Payload {
  /// An array is a reference to its elements, never copied as memory itself.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends the count and the elements.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    withUnsafeBufferPointer { encoder.encodeRun($0) }
  }

  /// Reads a count, bounded by the bytes that remain, and the elements.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self = ContiguousArray(try Array(from: &decoder))
  }
}

extension ArraySlice: Payload where Element: Payload {
  /// A slice is a reference to its elements, never copied as memory itself.
  @inlinable
  public static var isBitwise: Bool { false }

  /// Appends the count and the elements of the slice alone.
  @inlinable
  public func encode(into encoder: inout PayloadEncoder) {
    withUnsafeBufferPointer { encoder.encodeRun($0) }
  }

  /// Reads a slice whose indices begin at 0.
  @inlinable
  public init(from decoder: inout PayloadDecoder) throws {
    self = try Array(from: &decoder)[...]
  }
}
