// Fuzzes the decoders of arrays: elements as memory, one by one, nested, and without any bytes of their own.

import GantryWire

let arrayTarget = FuzzTarget(
  name: "array", run: { bytes, count in withInput(bytes, count, fuzzArrays) }, seeds: arraySeeds)

/// Takes no bytes.
struct Nothing: Payload, Equatable {
  static var isBitwise: Bool { false }
  init() {}
  init(from decoder: inout PayloadDecoder) throws {}
  func encode(into encoder: inout PayloadEncoder) {}
}

/// Nests without bound, if it is let.
final class Chain: Payload {
  let next: Chain?
  init(next: Chain?) { self.next = next }
  init(from decoder: inout PayloadDecoder) throws { next = try decoder.decode() }
  func encode(into encoder: inout PayloadEncoder) { encoder.encode(next) }
}

@Sendable private func fuzzArrays(_ bytes: UnsafeRawBufferPointer) {
  guard let (choice, rest) = chosen(bytes) else { return }
  switch choice % 20 {
  case 0: attempt([Int].self, rest)
  case 1: attempt([UInt8].self, rest)
  case 2: attempt([Bool].self, rest)
  case 3: attempt([String].self, rest)
  case 4: attempt([[Int16]].self, rest)
  case 5: attempt([[[Bool]]].self, rest)
  case 6: attempt([Int?].self, rest)
  case 7: attempt([Double].self, rest)
  case 8: attempt([SIMD4<UInt64>].self, rest)
  case 9: attempt([Range<Int32>].self, rest)
  case 10: attempt(ContiguousArray<String?>.self, rest)
  case 11: attempt(ArraySlice<UInt16>.self, rest)
  case 12: attempt([Nothing].self, rest)
  case 13: attempt([[Nothing]].self, rest)
  case 14: attempt([Chain].self, rest)
  case 15: attempt([Int128].self, rest)
  case 16: attempt([Bool?].self, rest)
  case 17: attempt([Result<[UInt8], PayloadError>].self, rest)
  case 18: attempt([InlineArray<3, String>].self, rest)
  default: attempt([Coded<Shape>].self, rest)
  }
}

@Sendable private func arraySeeds() -> [[UInt8]] {
  var seeds = Seeds()
  seeds.add(0, [1, -2, .max])
  seeds.add(1, [1, 2, 3] as [UInt8])
  seeds.add(2, [true, false])
  seeds.add(3, ["a", "", "longer than fifteen bytes"])
  seeds.add(4, [[1], [], [2, 3]] as [[Int16]])
  seeds.add(5, [[[true], []], []])
  seeds.add(6, [1, nil] as [Int?])
  seeds.add(7, [0.5, -1])
  seeds.add(8, [SIMD4<UInt64>(1, 2, 3, 4)])
  seeds.add(9, [0..<1, -5..<7] as [Range<Int32>])
  seeds.add(10, [nil, "x"] as ContiguousArray<String?>)
  seeds.add(11, [1, 2] as ArraySlice<UInt16>)
  seeds.add(12, [Nothing(), Nothing(), Nothing()])
  seeds.add(13, [[Nothing()], [], [Nothing(), Nothing()]])
  seeds.add(14, [Chain(next: Chain(next: nil))])
  seeds.add(15, [1, -1] as [Int128])
  seeds.add(16, [true, nil] as [Bool?])
  seeds.add(17, [.success([1]), .failure(PayloadError("no"))] as [Result<[UInt8], PayloadError>])
  seeds.add(18, [["a", "b", "c"]] as [InlineArray<3, String>])
  seeds.add(19, [Coded(.circle(radius: 1)), Coded(.empty)] as [Coded<Shape>])
  return seeds.all
}
