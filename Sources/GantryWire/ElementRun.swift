// The one form of all sequences of payloads: a count, then the elements, as memory where they are bitwise.
// Array, ContiguousArray, ArraySlice, Set and Dictionary share it. Invariant: n elements take at least n
// bytes, so a decoder can bound every count by what remains before it allocates.

extension PayloadEncoder {
  /// Appends elements that lie side by side, as one copy where they move as memory.
  @inlinable
  mutating func encodeRun<Element: Payload>(_ elements: UnsafeBufferPointer<Element>) {
    append(count: elements.count)
    if Element.movesAsMemory || Element.self == Bool.self {
      append(UnsafeRawBufferPointer(elements))
      return
    }
    guard enterNesting(of: [Element].self) else { return }
    let start = used
    for element in elements { element.encode(into: &self) }
    padRun(of: elements.count, from: start)
    depth &-= 1
  }

  /// Fills a run of elements that encode to nothing up to one byte an element.
  @inlinable
  mutating func padRun(of count: Int, from start: Int) {
    if _slowPath(used &- start < count) { appendPadding(count &- (used &- start)) }
  }

  @usableFromInline @inline(never)
  mutating func appendPadding(_ count: Int) {
    reserve(count)
    (base + used).initializeMemory(as: UInt8.self, repeating: 0, count: count)
    used &+= count
  }
}

extension PayloadDecoder {
  /// Reads the memory of a run of bitwise or Bool elements, or nil where elements have to be decoded one by
  /// one.
  @inlinable
  mutating func readRunMemory<Element: Payload>(
    _ type: Element.Type
  ) throws(PayloadError) -> (bytes: UnsafeRawBufferPointer, count: Int)? {
    if Element.movesAsMemory {
      let count = try readCount(ofAtLeast: MemoryLayout<Element>.stride)
      return (try readBytes(count: count &* MemoryLayout<Element>.stride), count)
    }
    if Element.self == Bool.self {
      let count = try readCount()
      return (try readBooleans(count: count), count)
    }
    return nil
  }

  /// Reads a count and as many elements, each given to the closure.
  @inlinable
  mutating func decodeRun<Element: Payload>(
    _ type: Element.Type, reserve: (Int) -> Void, _ body: (Element) throws -> Void
  ) throws {
    let count = try readCount()
    try enterNesting(of: [Element].self)
    let start = offset
    reserve(modestCapacity(for: count, stride: MemoryLayout<Element>.stride))
    for _ in 0..<count { try body(Element(from: &self)) }
    try skipRunPadding(of: count, from: start)
    depth &-= 1
  }

  /// Steps over what `padRun` filled in.
  @inlinable
  mutating func skipRunPadding(of count: Int, from start: Int) throws(PayloadError) {
    if _slowPath(offset &- start < count) { _ = try advance(by: count &- (offset &- start)) }
  }

  /// A capacity that takes at most a few times the memory of the bytes that remain, whatever the count
  /// claims.
  @inlinable
  func modestCapacity(for count: Int, stride: Int) -> Int {
    min(count, 16 &+ 4 &* (remaining / max(stride, 1)))
  }
}

extension UnsafeMutableBufferPointer {
  /// Fills the buffer's first bytes with a copy; the element type was checked to be trivial.
  @inlinable
  func initializeMemory(copying bytes: UnsafeRawBufferPointer) {
    guard let base = baseAddress, let source = bytes.baseAddress else { return }
    UnsafeMutableRawPointer(base).copyMemory(from: source, byteCount: bytes.count)
  }
}
