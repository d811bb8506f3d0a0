/** What the build puts into the page: the module of this name is made from setup/explore/data.ts. */
declare module "explore:data" {
  const data: import("./answers/data").PageData;
  export default data;
}
