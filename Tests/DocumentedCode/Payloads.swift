// The types of the page on payloads and of README.md, as they stand there; DocumentationTests compares, and also sends them.

import Gantry

// Copied as memory.
struct Pixel: Payload, BitwiseCopyable { var red, green, blue: UInt8 }

// In a compact binary coding.
struct Page: Payload, Codable {
  var title: String
  var words: [String]
}

struct Polygon: Payload {
  var name: String
  var points: [SIMD2<Double>]

  init(from decoder: inout PayloadDecoder) throws {
    name = try decoder.decode()
    points = try decoder.decode()
    guard points.count >= 3 else {
      throw PayloadError("A polygon has three points or more, and \(name) has \(points.count).")
    }
  }

  func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(name)
    encoder.encode(points)
  }
}

struct Celsius: Payload {
  var degrees: Double

  // Without this line the two below may not be called: a struct of one Double is bitwise.
  static var isBitwise: Bool { false }

  init(from decoder: inout PayloadDecoder) throws {
    degrees = try decoder.decode()
    guard degrees >= -273.15 else { throw PayloadError("\(degrees) degrees are below absolute zero.") }
  }

  func encode(into encoder: inout PayloadEncoder) { encoder.encode(degrees) }
}
