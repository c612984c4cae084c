// Fuzzes the decoders of hashed collections: nothing occurs twice, and no claimed count is believed.

import GantryWire

let dictionaryTarget = FuzzTarget(
  name: "dictionary", run: { bytes, count in withInput(bytes, count, fuzzDictionaries) },
  seeds: dictionarySeeds)

@Sendable private func fuzzDictionaries(_ bytes: UnsafeRawBufferPointer) {
  guard let (choice, rest) = chosen(bytes) else { return }
  switch choice % 12 {
  case 0: attemptEqual([Int: Int].self, rest)
  case 1: attemptEqual([String: String].self, rest)
  case 2: attemptEqual([UInt8: Bool].self, rest)
  case 3: attemptEqual([String: [Int]].self, rest)
  case 4: attemptEqual([Int: [String: Int16]].self, rest)
  case 5: attemptEqual(Set<Int>.self, rest)
  case 6: attemptEqual(Set<String>.self, rest)
  case 7: attemptEqual([Set<UInt8>: Int?].self, rest)
  case 8: attempt([Double: Int].self, rest, .nothing)
  case 9: attemptEqual([Bool: Nothing].self, rest)
  case 10: attemptEqual([Character: Range<Int>].self, rest)
  default: attemptEqual([String?: Coded<Point>].self, rest)
  }
}

@Sendable private func dictionarySeeds() -> [[UInt8]] {
  var seeds = Seeds()
  seeds.add(0, [1: 2, -3: 4])
  seeds.add(1, ["a": "b", "": "longer than fifteen bytes"])
  seeds.add(2, [1: true, 2: false] as [UInt8: Bool])
  seeds.add(3, ["a": [1], "b": []])
  seeds.add(4, [1: ["x": 2], 2: [:]] as [Int: [String: Int16]])
  seeds.add(5, [1, 2, 3] as Set<Int>)
  seeds.add(6, ["a", "b"] as Set<String>)
  seeds.add(7, [[1, 2]: nil, []: 3] as [Set<UInt8>: Int?])
  seeds.add(8, [0.5: 1, -.infinity: 2])
  seeds.add(9, [true: Nothing(), false: Nothing()])
  seeds.add(10, ["a": 0..<1, "\u{4E16}": 2..<3] as [Character: Range<Int>])
  seeds.add(11, ["p": Coded(Point(x: 1, y: 2)), nil: Coded(Point(x: 0, y: 0))] as [String?: Coded<Point>])
  return seeds.all
}
