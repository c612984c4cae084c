// The encoder writes in place while it can, moves once it must, and can be patched, cut and started over.

import Testing

@testable import GantryWire

@Suite struct PayloadEncoderTests {
  @Test func lentMemoryIsUsedExactlyAndNeverOverrun() {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 16) { memory in
      memory.initializeMemory(as: UInt8.self, repeating: 0xA5)
      guard let base = memory.baseAddress else { return }
      var encoder = PayloadEncoder(writingAt: base, capacity: 32)
      for index in 0..<4 { encoder.encode(index) }
      #expect(encoder.isSpilled == false)
      #expect(encoder.count == 32)
      #expect(memory.loadUnaligned(fromByteOffset: 24, as: Int.self) == 3)
      encoder.encode(UInt8(4))
      #expect(encoder.isSpilled == true)
      #expect(memory[32...].allSatisfy { $0 == 0xA5 })
      encoder.withBytes { bytes in
        #expect(bytes.count == 33)
        #expect(bytes.loadUnaligned(fromByteOffset: 16, as: Int.self) == 2)
      }
      encoder.restart(writingAt: base, capacity: 64)
      #expect(encoder.isSpilled == false)
      #expect(encoder.count == 0)
    }
  }

  @Test func earlierBytesCanBePatchedAndLaterOnesCut() {
    var encoder = PayloadEncoder()
    encoder.append(bitwise: 0 as UInt32)
    encoder.append(bitwise: 0 as UInt64)
    for index in 0..<1000 { encoder.encode(index) }
    encoder.patch(7 as UInt32, at: 0)
    encoder.patch(9 as UInt64, at: 4)
    encoder.truncate(to: 12)
    encoder.append(upTo: 10) { room in
      room[0] = 5
      return 1
    }
    encoder.withBytes { bytes in
      #expect(bytes.count == 13)
      #expect(bytes.loadUnaligned(as: UInt32.self) == 7)
      #expect(bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self) == 9)
      #expect(bytes[12] == 5)
    }
  }

  @Test func theFirstFailureIsKeptUntilItIsTaken() {
    var encoder = PayloadEncoder()
    encoder.fail("one")
    encoder.fail("two")
    #expect(encoder.failure == "one")
    #expect(encoder.takeFailure() == "one")
    #expect(encoder.failure == nil)
    #expect(encoder.takeFailure() == nil)
  }

  @Test func lengthsOfEverySizeArrive() throws {
    var encoder = PayloadEncoder()
    let lengths = (0..<64).flatMap { [UInt64(1) << $0, (UInt64(1) << $0) - 1] } + [.max]
    for length in lengths { encoder.append(length: length) }
    let bytes = encoder.withBytes { Array($0) }
    try bytes.withUnsafeBytes { bytes in
      var decoder = PayloadDecoder(bytes)
      for length in lengths {
        let back = try decoder.readLength()
        #expect(back == length)
      }
      #expect(decoder.isAtEnd)
    }
  }

  @Test func theDecoderStopsAtItsEnd() throws {
    let bytes: [UInt8] = [1, 2, 3]
    try bytes.withUnsafeBytes { bytes in
      var decoder = PayloadDecoder(bytes)
      #expect(throws: PayloadError.self) { try decoder.decodeBitwise(UInt32.self) }
      #expect(throws: PayloadError.self) { try decoder.readBytes(count: 4) }
      #expect(throws: PayloadError.self) { try decoder.readBytes(count: -1) }
      let two = try decoder.readBytes(count: 2)
      #expect(Array(two) == [1, 2])
      #expect(decoder.remaining == 1)
    }
    var empty = PayloadDecoder(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(empty.isAtEnd)
    #expect(throws: PayloadError.self) { try empty.decode(Int.self) }
    #expect(throws: PayloadError.self) { try empty.decode(Page.self) }
  }
}
