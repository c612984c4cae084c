// The first program of the documentation of the calls, word for word: an app with its entry point.
// Started by CompileTests, which read its output; needs nothing but Gantry.

import Gantry

// swift-format-ignore
@main struct Squares: App {
    let square = Function { (x: Int) in x * x }              // named "square": its property's name
    let multiply = Function { (a: Int, b: Int) in a * b }    // any number of arguments
    let add = Function("sum3", options: .init(maxContainers: 4)) { (a: Int, b: Int, c: Int) in a + b + c }

    func run() async throws {                                // the local entrypoint
        for try await y in square.map([1, 2, 3, 4]) { print(y) }                   // 1 4 9 16
        for try await y in multiply.map([1, 2, 3], [10, 20, 30], orderOutputs: false) { print(y) }
        print(try await add.starmap([(1, 2, 3), (4, 5, 6)]).collect())             // [6, 15]
    }
}
