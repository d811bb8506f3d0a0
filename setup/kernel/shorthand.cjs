// tslab rewrites a name of an earlier cell, `a`, to `exports.a`, but overlooks the shorthand `{ a }`. It also takes a property for such a name
// where the property's type was declared in an earlier cell: `const { p: x } = value` would become `const { exports.p: x } = value`.
"use strict";

/** @typedef {import("@tslab/typescript-for-tslab").Node} Node */

/** The file in which tslab declares the names of earlier cells. */
const EARLIER = "/__prev__.d.ts";

/**
 * A compiler step that turns `{ a }` into `{ a: exports.a }` where `a` comes from an earlier cell, also as the target of an
 * assignment, `({ a = 1 } = b)`. A declaration, `const { a } = b`, is another kind of node and stays as it is; where it gives a property another
 * name, `const { p: x } = b`, the property becomes a text, `{ "p": x }`, which tslab leaves alone.
 * @param {typeof import("@tslab/typescript-for-tslab")} ts
 * @param {import("@tslab/typescript-for-tslab").TypeChecker} checker
 * @returns {import("@tslab/typescript-for-tslab").TransformerFactory<import("@tslab/typescript-for-tslab").SourceFile>}
 */
exports.shorthandOfEarlierCells = (ts, checker) => (context) => {
  const { factory } = context;
  /** @type {(node: Node) => Node} */
  const visit = (node) => {
    if (ts.isBindingElement(node) && node.propertyName && ts.isIdentifier(node.propertyName)) {
      const property = factory.createStringLiteral(node.propertyName.text);
      const renamed = factory.updateBindingElement(node, node.dotDotDotToken, property, node.name, node.initializer);
      return ts.visitEachChild(renamed, visit, context);
    }
    if (!ts.isShorthandPropertyAssignment(node)) return ts.visitEachChild(node, visit, context);
    const earlier = checker
      .getShorthandAssignmentValueSymbol(node)
      ?.declarations?.some((d) => d.getSourceFile().fileName.endsWith(EARLIER));
    if (!earlier) return ts.visitEachChild(node, visit, context);
    const value = factory.createPropertyAccessExpression(factory.createIdentifier("exports"), node.name.text);
    const fallback =
      node.objectAssignmentInitializer &&
      /** @type {import("@tslab/typescript-for-tslab").Expression} */ (visit(node.objectAssignmentInitializer));
    return factory.createPropertyAssignment(
      factory.createIdentifier(node.name.text),
      fallback ? factory.createAssignment(value, fallback) : value,
    );
  };
  return (file) => ts.visitEachChild(file, visit, context);
};
