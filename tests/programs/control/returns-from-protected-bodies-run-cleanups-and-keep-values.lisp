;;; Exits that leave only the bodies of CATCH, UNWIND-PROTECT and closed-over blocks, no closure.
(defvar *trace* '())
(defvar *special* 0)
(defun note (x) (push x *trace*) x)
(defun show (&rest values)
  (format t "~S ~S ~S~%" values (reverse *trace*) *special*)
  (setq *trace* '()))

(defun two-deep (n)
  (block outer
    (block inner
      (unwind-protect
           (unwind-protect
                (let ((*special* n))
                  (case n
                    (0 (return-from outer (values 1 2 3)))
                    (1 (return-from inner (values 4 5)))
                    (2 (return-from outer (values)))
                    (3 (return-from inner 6))
                    (t (values 7 8))))
             (note (list 'first *special*)))
        (note 'second)))
    (note 'after-inner)
    :outer))
(dotimes (n 5) (apply #'show n (multiple-value-list (two-deep n))))

(defun through-catch (n)
  (block b
    (list :caught
          (catch 'tag
            (if (eql n 0) (return-from b :returned))
            (unwind-protect (if (eql n 1) (return-from b (values :a :b)) (throw 'tag n))
              (note 'cleanup))))))
(dotimes (n 3) (apply #'show n (multiple-value-list (through-catch n))))

(defun with-tags (n)
  (let ((steps '()))
    (tagbody
       (unwind-protect
            (case n (0 (go a)) (1 (go b)) (2 (catch 'x (go b))) (t (push :none steps)))
         (push :cleanup steps))
       (push :fell steps)
       (go end)
     a (push :a steps)
     b (push :b steps)
     end)
    (reverse steps)))
(dotimes (n 4) (show n (with-tags n)))

;; The block is also left by a closure: a return of its own body goes the short way.
(defun both-ways (l n)
  (block b
    (mapc (lambda (x) (when (eql x n) (return-from b (values :closure x)))) l)
    (unwind-protect (if (eql n 9) (return-from b (values :body n)))
      (note 'clean))
    (values :end n)))
(dolist (n '(2 9 5)) (apply #'show (multiple-value-list (both-ways (list 1 2 3) n))))

;; A cleanup overrides the exit under way.
(defun overridden ()
  (block out
    (block in
      (unwind-protect (return-from out :out)
        (return-from in :in)))
    :after))
(show (overridden))

(defun keys (a &optional (b 2 b-p) &rest rest &key (x 10 x-p) y z &allow-other-keys)
  (list a b b-p rest x x-p y z))
(show (keys 1) (keys 1 3) (keys 1 3 :x 4) (keys 1 3 :z 5 :x 6 :x 7 :w 8))
(show (apply #'keys 1 2 '(:y 1 :z 2 :x nil)))
(defun many (a b c d e &key f (g 7)) (list a b c d e f g))
(show (many 1 2 3 4 5) (many 1 2 3 4 5 :g 8 :f 6) (funcall #'many 1 2 3 4 5 :f 1 :allow-other-keys t :q 2))
(defun optionals (a &optional b c d e f) (list a b c d e f))
(show (optionals 1) (optionals 1 2 3 4) (optionals 1 2 3 4 5) (optionals 1 2 3 4 5 6))
