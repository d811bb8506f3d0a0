// danfojs-node asks for @tensorflow/tfjs-node; one process must load one TensorFlow.
module.exports = require("@tensorflow/tfjs-node-gpu");
