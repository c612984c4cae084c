// The bytes of an input as a script: numbers taken off one by one, zero where there are none left.

struct Script {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isOver: Bool { offset >= bytes.count }

  mutating func byte() -> UInt8 {
    guard offset < bytes.count else { return 0 }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func number(below bound: Int) -> Int { Int(byte()) % bound }

  mutating func word() -> UInt64 {
    var word: UInt64 = 0
    for place in 0..<8 as Range<UInt64> { word |= UInt64(byte()) << (place * 8) }
    return word
  }
}
