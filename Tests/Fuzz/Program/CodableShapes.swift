// Fuzzes the decoder of Codable values: shapes synthesized and written by hand, nested, optional, inherited, mixed up.

import GantryWire

let codableTarget = FuzzTarget(
  name: "codable", run: { bytes, count in withInput(bytes, count, fuzzCodable) }, seeds: codableSeeds)

@Sendable private func fuzzCodable(_ bytes: UnsafeRawBufferPointer) {
  guard let (choice, rest) = chosen(bytes) else { return }
  switch choice % 20 {
  case 0: attemptEqual(Page.self, rest)
  case 1: attempt(Coded<Shape>.self, rest, .nothing)
  case 2: attemptEqual(Tree.self, rest)
  case 3: attempt(Dog.self, rest)
  case 4: attempt(Cat.self, rest)
  case 5: attemptEqual(Interleaved.self, rest)
  case 6: attemptEqual(Mixture.self, rest)
  case 7: attempt(Numbers.self, rest)
  case 8: attemptEqual(Coded<[Int??]>.self, rest)
  case 9: attemptEqual(Coded<[String: [Point]]>.self, rest)
  case 10: attempt(Coded<[[Double]]>.self, rest)
  case 11: attemptEqual(Coded<[Level: Set<Int>]>.self, rest)
  case 12: attempt(Rambling.self, rest, .nothing)
  case 13: attemptEqual(Coded<String?>.self, rest)
  case 14: attempt(Coded<Double?>.self, rest)
  case 15: attempt([Coded<Point>].self, rest)
  case 16: attemptEqual(Coded<[Point: Level]>.self, rest)
  case 17: attemptEqual(Coded<ClosedRange<Int>>.self, rest)
  case 18: attempt(Coded<[Float]?>.self, rest)
  default: attemptEqual(Coded<[[Bool]]>.self, rest)
  }
}

@Sendable private func codableSeeds() -> [[UInt8]] {
  var seeds = Seeds()
  seeds.add(0, Page.sample)
  seeds.add(1, Coded(Shape.polygon(points: [Point(x: 1, y: 2)], closed: true)))
  seeds.add(1, Coded(Shape.labelled("a", 1)))
  seeds.add(2, Tree.node(.node(.leaf(1), .leaf(2)), .leaf(3)))
  seeds.add(3, Dog(name: "d", tricks: ["sit"]))
  seeds.add(4, Cat(name: "c", lives: 9))
  seeds.add(5, Interleaved(a: 1, b: 2, c: 3))
  seeds.add(6, Mixture(numbers: [1, -2, 1 << 40], texts: ["x", ""]))
  seeds.add(7, Numbers(a: -1, b: 2, c: -3, d: .max, e: 1, f: -0.5, g: .min, h: .max, i: 7))
  seeds.add(8, Coded([.some(.none), .none, .some(.some(1))] as [Int??]))
  seeds.add(9, Coded(["a": [Point(x: 1, y: 2)], "b": []]))
  seeds.add(10, Coded([[0.5], []]))
  seeds.add(11, Coded([.low: [1], .high: []] as [Level: Set<Int>]))
  seeds.add(12, Rambling(words: ["a", "b"]))
  seeds.add(13, Coded("x" as String?))
  seeds.add(14, Coded(0.5 as Double?))
  seeds.add(15, [Coded(Point(x: 1, y: 2))])
  seeds.add(16, Coded([Point(x: 1, y: 2): .low] as [Point: Level]))
  seeds.add(17, Coded(1...5))
  seeds.add(18, Coded([1, 2] as [Float]?))
  seeds.add(19, Coded([[true], []]))
  return seeds.all
}
