// A script: functions, a driver, and loops over results at the top level, where variables belong to the main actor.
// Started by CompileTests, which read its output.

import Gantry
import Logging

func thumbnail(_ image: [UInt8]) -> [UInt8] { Array(image.prefix(2)) }

let log = Logger(label: "script")
let images: [[UInt8]] = [[1, 2, 3], [4, 5, 6], [7]]

let resize = Function("resize") { (image: [UInt8]) in thumbnail(image) }
let checksum = Function("checksum") { (image: [UInt8]) in image.reduce(0) { $0 &+ $1 } }
let square = Function("square", { (x: Int) in x * x })
let driver = try Driver(resize, checksum, square, configuration: .init(logger: log))

for try await small in resize.map(images) { print(small) }
print(try await checksum.map(images).collect())

// Variables of a script may change between calls, and closures over them be inputs.
var factor = 2
for try await output in square.map((1...3).lazy.map { $0 * factor }) { print(output) }
factor = 3
print(try await square.map((1...3).map { $0 * factor }).collect())

for try await result in square.map([1, 2]).results {
  switch result {
  case .success(let value): print("success", value)
  case .failure(let error): print("failure", error)
  }
}
let call = try await square.spawn(12)
print(try await call.get())
try await square.forEach([1, 2, 3])
await driver.shutdown()
print("done")
