(in-package "ROOK-KERNEL")
;;;; Constants of the implementation's numbers.

(defconstant most-positive-fixnum 4611686018427387903)
(defconstant most-negative-fixnum -4611686018427387904)

(defconstant pi 3.141592653589793d0)

(defmacro %define-float-constants (&rest groups)
  `(progn
     ,@(%append-map
        #'(lambda (group)
            (let ((form (car (cdr group))))
              (%map1 #'(lambda (name) `(defconstant ,name ,form)) (car group))))
        groups)))

(%define-float-constants
 ((most-positive-single-float most-positive-short-float) 3.4028235f38)
 ((most-negative-single-float most-negative-short-float) -3.4028235f38)
 ((least-positive-single-float least-positive-short-float) 1.4012985f-45)
 ((least-negative-single-float least-negative-short-float) -1.4012985f-45)
 ((least-positive-normalized-single-float least-positive-normalized-short-float) 1.1754944f-38)
 ((least-negative-normalized-single-float least-negative-normalized-short-float) -1.1754944f-38)
 ((single-float-epsilon short-float-epsilon) 5.960465f-8)
 ((single-float-negative-epsilon short-float-negative-epsilon) 2.9802326f-8)
 ((most-positive-double-float most-positive-long-float) 1.7976931348623157d308)
 ((most-negative-double-float most-negative-long-float) -1.7976931348623157d308)
 ((least-positive-double-float least-positive-long-float) 4.940656458412465d-324)
 ((least-negative-double-float least-negative-long-float) -4.940656458412465d-324)
 ((least-positive-normalized-double-float least-positive-normalized-long-float) 2.2250738585072014d-308)
 ((least-negative-normalized-double-float least-negative-normalized-long-float) -2.2250738585072014d-308)
 ((double-float-epsilon long-float-epsilon) 1.1102230246251568d-16)
 ((double-float-negative-epsilon long-float-negative-epsilon) 5.551115123125784d-17))

;;; Operation codes of BOOLE.
(defconstant boole-clr 0)
(defconstant boole-set 1)
(defconstant boole-1 2)
(defconstant boole-2 3)
(defconstant boole-c1 4)
(defconstant boole-c2 5)
(defconstant boole-and 6)
(defconstant boole-ior 7)
(defconstant boole-xor 8)
(defconstant boole-eqv 9)
(defconstant boole-nand 10)
(defconstant boole-nor 11)
(defconstant boole-andc1 12)
(defconstant boole-andc2 13)
(defconstant boole-orc1 14)
(defconstant boole-orc2 15)
